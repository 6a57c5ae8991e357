"""The client against a server that keeps connections and counts them."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opine_common import http_client
from opine_common.deadlines import deadline
from opine_common.http_client import HttpClient, NoAnswerError, NoAnswerInTimeError
from opine_common.request_ids import set_request_id

MAX_AGE_S = 15


class CountingServer:
    """Answers `ok`. `hang_up` breaks so many connections off when asked; `silent` says nothing until `close`."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[dict[str, str]] = []
        self.hang_up = 0
        self.silent = False
        self.piece_sent = threading.Event()
        self.finish = threading.Event()
        self._server = _serve(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.finish.set()
        self._server.shutdown()
        self._server.server_close()


def _serve(counter: CountingServer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def setup(self) -> None:
            counter.connections += 1
            super().setup()

        def do_GET(self) -> None:
            counter.requests.append(dict(self.headers.items()))
            if counter.hang_up:
                counter.hang_up -= 1
                self.close_connection = True
                return
            if counter.silent:
                counter.finish.wait(10)
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"o")
            if self.path == "/in-pieces":
                counter.piece_sent.set()
                counter.finish.wait(10)
            self.wfile.write(b"k")

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


class Clock:
    """The client's own; sockets and deadlines keep theirs."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(http_client, "time", made)
    return made


@pytest.fixture
def server() -> Iterator[CountingServer]:
    made = CountingServer()
    yield made
    made.close()


@pytest.fixture
def get(server: CountingServer) -> Callable[..., bytes]:
    client = HttpClient(server.url + "/", connections=2, connect_timeout_s=1, max_connection_age_s=MAX_AGE_S)

    def request(path: str = "/", timeout_s: float = 5) -> bytes:
        return client.request("GET", path, timeout_s=timeout_s).data

    return request


def test_a_young_connection_is_used_again(server: CountingServer, clock: Clock, get: Callable[..., bytes]) -> None:
    assert get() == b"ok"
    clock.now += MAX_AGE_S - 1
    assert get() == b"ok"
    assert (server.connections, len(server.requests)) == (1, 2)


def test_an_old_connection_is_replaced_and_the_new_one_kept(
    server: CountingServer, clock: Clock, get: Callable[..., bytes]
) -> None:
    get()
    clock.now += MAX_AGE_S - 1
    get()
    clock.now += 1
    assert get() == b"ok"
    assert server.connections == 2
    clock.now += MAX_AGE_S - 1
    get()
    assert (server.connections, len(server.requests)) == (2, 4)


def test_an_answer_under_way_is_read_to_its_end(
    server: CountingServer, clock: Clock, get: Callable[..., bytes]
) -> None:
    answers: list[bytes] = []
    reader = threading.Thread(target=lambda: answers.append(get("/in-pieces")))
    reader.start()
    assert server.piece_sent.wait(10)
    clock.now += MAX_AGE_S
    assert get() == b"ok"
    server.finish.set()
    reader.join(10)
    assert answers == [b"ok"]
    assert (server.connections, len(server.requests)) == (2, 2)


def test_https_connections_grow_old_too() -> None:
    client = HttpClient("https://127.0.0.1:1", connections=1, connect_timeout_s=1, max_connection_age_s=MAX_AGE_S)
    with pytest.raises(NoAnswerError, match="refused"):
        client.request("GET", "/", timeout_s=5)
    pool = client._pools.connection_from_url("https://127.0.0.1:1")  # noqa: SLF001  no server with a certificate here
    assert issubclass(pool.ConnectionCls, http_client._HTTPSConnection)  # noqa: SLF001


def test_the_service_is_told_the_request_id_and_the_time(server: CountingServer, get: Callable[..., bytes]) -> None:
    set_request_id("id-of-the-page")
    try:
        get(timeout_s=5)
    finally:
        set_request_id(None)
    with deadline(1):
        get(timeout_s=5)
    first, second = server.requests
    assert first["X-Request-ID"] == "id-of-the-page"
    assert 1 < float(first["X-Request-Timeout"]) < 5
    assert 0 < float(second["X-Request-Timeout"]) < 1
    assert "X-Request-ID" not in second


def test_a_broken_connection_is_tried_once_more(server: CountingServer, get: Callable[..., bytes]) -> None:
    server.hang_up = 1
    assert get() == b"ok"
    server.hang_up = 2
    with pytest.raises(NoAnswerError) as broken:
        get()
    assert not isinstance(broken.value, NoAnswerInTimeError)
    assert len(server.requests) == 4


def test_an_absent_service_gives_no_answer() -> None:
    client = HttpClient("http://127.0.0.1:1", connections=1, connect_timeout_s=1, max_connection_age_s=MAX_AGE_S)
    with pytest.raises(NoAnswerError) as refused:
        client.request("GET", "/", timeout_s=5)
    assert not isinstance(refused.value, NoAnswerInTimeError)


def test_silence_is_not_asked_again(server: CountingServer, get: Callable[..., bytes]) -> None:
    server.silent = True
    with pytest.raises(NoAnswerInTimeError):
        get(timeout_s=0.1)
    assert len(server.requests) == 1
    with deadline(0.1), pytest.raises(NoAnswerInTimeError):
        get(timeout_s=5)
    assert len(server.requests) == 2


def test_the_second_try_has_the_deadline_of_the_first(server: CountingServer, get: Callable[..., bytes]) -> None:
    server.hang_up, server.silent = 1, True
    with deadline(0.2), pytest.raises(NoAnswerInTimeError):
        get(timeout_s=5)
    first, second = (float(request["X-Request-Timeout"]) for request in server.requests)
    assert second < first < 0.2


def test_who_has_no_time_asks_nobody(server: CountingServer, get: Callable[..., bytes]) -> None:
    with deadline(0.01), pytest.raises(NoAnswerInTimeError, match="no time was left"):
        get()
    assert server.requests == []
