"""The limit on waiting, against a server that takes a connection and then says nothing."""

import socket
import time
from collections.abc import Iterator

import psycopg2
import pytest
from opine_common.deadlines import deadline
from opine_reviews.database import limit_waiting


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


def _connect(port: int) -> None:
    psycopg2.connect(host="127.0.0.1", port=port, user="opine", dbname="opine", sslmode="disable")


def test_waiting_ends_with_the_deadline(silent_port: int) -> None:
    limit_waiting()
    started = time.monotonic()
    with deadline(0.2), pytest.raises(psycopg2.OperationalError, match="did not answer in time"):
        _connect(silent_port)
    assert time.monotonic() - started >= 0.15


def test_all_waits_of_a_block_share_its_time(silent_port: int) -> None:
    limit_waiting()
    waited = []
    with deadline(0.3):
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(psycopg2.OperationalError):
                _connect(silent_port)
            waited.append(time.monotonic() - started)
    assert waited[0] >= 0.25
    assert waited[1] + waited[2] < waited[0]


def test_a_block_within_a_block_ends_with_its_own(silent_port: int) -> None:
    limit_waiting()
    with deadline(30):
        with deadline(0.05), pytest.raises(psycopg2.OperationalError):
            _connect(silent_port)
        with deadline(0.05), pytest.raises(psycopg2.OperationalError, match="did not answer in time"):
            _connect(silent_port)
