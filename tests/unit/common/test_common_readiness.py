import socket
import threading
import time
from collections.abc import Iterator

import pytest
from opine_common.readiness import wait_for_network, wait_until_ready


def test_it_returns_once_nothing_is_missing_and_tells_each_reason_once() -> None:
    reasons = iter(["no answer", "no answer", "old schema", None])
    told: list[str] = []
    wait_until_ready(lambda: next(reasons), timeout_s=60, pause_s=0, on_change=told.append)
    assert told == ["no answer", "old schema"]


def test_it_gives_up_with_the_reason_and_asks_at_least_once() -> None:
    with pytest.raises(TimeoutError, match=r"^no answer$"):
        wait_until_ready(lambda: "no answer", timeout_s=0, pause_s=0)
    wait_until_ready(lambda: None, timeout_s=0, pause_s=0)


@pytest.fixture
def dropping() -> Iterator[socket.socket]:
    """A server with no room for one more connection: Linux drops whoever asks for one."""
    with socket.socket() as server, socket.socket() as only:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        only.connect(server.getsockname())
        yield server


def test_it_waits_for_the_network(dropping: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    waiting = threading.Thread(target=wait_for_network, args=dropping.getsockname())
    waiting.start()
    time.sleep(0.2)
    assert waiting.is_alive()
    dropping.accept()[0].close()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert caplog.messages == []


def test_it_goes_on_without_the_network_and_says_so(dropping: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    wait_for_network(*dropping.getsockname(), timeout_s=0)
    assert "NetworkPolicy" in caplog.messages[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid", None])
def test_a_service_that_is_not_there_is_not_waited_for(host: str | None, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wait_for_network(host, port)
    assert caplog.messages == []
