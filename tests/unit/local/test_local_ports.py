import os
import socket
from collections.abc import Iterator

import pytest
from opine_local.ports import any_free, check_free
from opine_local.settings import CommandError, Settings


def free_settings(**changed: int) -> Settings:
    ports = {"frontend_port": any_free(), "reviews_port": any_free(), "sentiment_port": any_free()}
    return Settings.model_validate(ports | changed)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_free_ports_pass() -> None:
    check_free(free_settings())


@pytest.mark.parametrize("field", ["frontend_port", "reviews_port", "sentiment_port", "postgres_port"])
def test_a_taken_port_is_refused_with_its_holder_and_a_way_out(field: str, taken_port: int) -> None:
    with pytest.raises(CommandError) as refused:
        check_free(free_settings(**{field: taken_port}))
    sentence = str(refused.value)
    assert sentence.startswith(f"Port {taken_port} is taken by ")
    assert f"(process {os.getpid()})" in sentence
    assert f"make run OPINE_LOCAL_{field.upper()}=" in sentence


def test_the_suggested_port_is_free(taken_port: int) -> None:
    with pytest.raises(CommandError) as refused:
        check_free(free_settings(reviews_port=taken_port))
    check_free(free_settings(reviews_port=int(str(refused.value).rpartition("=")[2])))


def test_one_port_for_two_services_is_refused() -> None:
    port = any_free()
    with pytest.raises(CommandError, match=f"Port {port} is set for two services"):
        check_free(free_settings(frontend_port=port, reviews_port=port))


def test_a_connection_that_lingers_after_a_stop_takes_no_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the server closes first: its side lingers
    check_free(free_settings(frontend_port=port))
