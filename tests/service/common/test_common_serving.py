"""A Flask application under gunicorn, uvicorn and our bridge, among slow, greedy and hostile clients."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from opine_local.ports import any_free

HERE = Path(__file__).parent
STARTED_S = 60.0
THREADS = 4
SHARE = 2
BODY_BYTES = 100_000


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]
    log_path: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, request: bytes) -> socket.socket:
        connection = self.connect()
        connection.sendall(request)
        return connection

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory(self) -> int:
        return sum(child.memory_info().rss for child in psutil.Process(self.process.pid).children())

    def worker(self) -> int:
        (child,) = psutil.Process(self.process.pid).children()
        return int(child.pid)

    @property
    def log(self) -> str:
        return self.log_path.read_text()


@contextmanager
def serve(folder: Path, *arguments: str, files: int = 1024) -> Iterator[Server]:
    port = any_free()
    log_path = folder / "log"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        "opine_common.uvicorn_worker.UvicornWorker",
        "--keep-alive",
        "60",
    ]
    command += ["-b", f"127.0.0.1:{port}", *arguments, "served_app:app"]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f'ulimit -Sn {files}; exec "$@"', "sh", *command],
            cwd=HERE,
            env={"PATH": os.defpath},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, log_path)
    try:
        until(lambda: _answers(server), server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def until(true: Callable[[], bool], server: Server) -> None:
    end = time.monotonic() + STARTED_S
    while not true():
        assert time.monotonic() < end, server.log
        time.sleep(0.05)


def _answers(server: Server) -> bool:
    try:
        return server.ask("/livez")[0] == 200
    except OSError:
        return False


def read_to_end(connection: socket.socket) -> bytes:
    """What comes before the server ends the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("served")) as running:
        yield running


HALF_BODY = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
HALF_CHUNK = b"POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc"
HALF_HEAD = b"GET /page HTTP/1.1\r\nHost: x\r\nX-"


@pytest.mark.parametrize("half", [HALF_BODY, HALF_CHUNK, HALF_HEAD, b""])
def test_half_requests_hold_no_thread(server: Server, half: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(10 * THREADS):
            stack.enter_context(server.send(half))
        assert server.ask("/page")[0] == 200
        assert server.ask("/length", "POST", b"abc") == (200, b"3")


def test_what_does_not_come_ends_the_connection_and_a_body_by_408(server: Server) -> None:
    # All wait at once.
    with ExitStack() as stack:
        bodies = [stack.enter_context(server.send(half)) for half in (HALF_BODY, HALF_CHUNK)]
        heads = [stack.enter_context(server.send(half)) for half in (HALF_HEAD, b"")]
        for connection in bodies:
            answer = read_to_end(connection)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b"within 2 s" in answer
        for connection in heads:
            assert read_to_end(connection) == b""


def test_idle_connections_are_many_more_than_the_usual_limit_of_open_files(server: Server) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(server.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) for _ in range(900)]
        more = subprocess.Popen(
            [sys.executable, "-c", _MORE_IDLE, str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert more.stdout is not None
        assert more.stdin is not None
        assert more.stdout.readline() == b"connected\n"
        assert server.ask("/page")[0] == 200
        more.communicate(b"end")
        assert len(idle) == 900


_MORE_IDLE = """
import socket, sys
kept = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(600)]
for connection in kept:
    connection.sendall(b"GET /livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    connection.recv(1000)
print("connected", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "body",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"Content-Length: many\r\n\r\nabc",
        b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    ],
)
def test_malformed_bodies_are_400(server: Server, body: bytes) -> None:
    with server.send(b"POST /length HTTP/1.1\r\nHost: x\r\n" + body) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_chunked_body_comes_whole_or_is_413(server: Server) -> None:
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    for size, status in [(BODY_BYTES, b"200"), (BODY_BYTES + 1, b"413")]:
        with server.send(head + b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size)) as connection:
            assert read_to_end(connection).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("framing", [b"Content-Length: 50000000", b"Transfer-Encoding: chunked"])
def test_a_huge_body_is_413_and_takes_no_memory(server: Server, framing: bytes) -> None:
    before = server.memory()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(server.send(b"POST /length HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n"))
            for _ in range(4)
        ]
        megabyte = b"a" * 1_000_000
        piece = megabyte if framing.startswith(b"Content") else b"%x\r\n%b\r\n" % (len(megabyte), megabyte)
        for _ in range(50):
            for connection in connections:
                connection.sendall(piece)
        assert {connection.recv(65536)[:12] for connection in connections} == {b"HTTP/1.1 413"}
        assert server.memory() - before < 20_000_000


def test_a_path_that_takes_more_takes_one_at_a_time(server: Server) -> None:
    def archive(size: int) -> tuple[int, bytes]:
        return server.ask("/archive", "POST", b"a" * size, {"Authorization": "Bearer archivist"})

    assert archive(5_000_000) == (200, b"5000000")
    assert archive(5_000_001)[0] == 413
    assert archive(1000) == (200, b"1000")
    head = b"POST /archive HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer archivist\r\nContent-Length: 4000000\r\n\r\nabc"
    with server.send(head) as first:
        assert archive(200_000)[0] == 503
        assert read_to_end(first).startswith(b"HTTP/1.1 408 ")
    assert archive(200_000)[0] == 200


def test_who_may_not_send_a_large_body_keeps_nobody_from_it(server: Server) -> None:
    assert server.ask("/archive", "POST", b"a" * 200_000)[0] == 413
    with server.send(b"POST /archive HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\nabc") as stranger:
        assert stranger.recv(1000).startswith(b"HTTP/1.1 413 ")
        allowed = {"Authorization": "Bearer archivist"}
        assert server.ask("/archive", "POST", b"a" * 200_000, allowed) == (200, b"200000")


def test_a_huge_head_is_431(server: Server) -> None:
    with server.connect() as connection:
        try:
            connection.sendall(b"GET /page HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 5_000_000)
        except ConnectionError:
            return
        assert read_to_end(connection)[:12] in {b"HTTP/1.1 431", b""}


CHUNKED = b"GET /environ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.1.1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def answered_json(connection: socket.socket) -> dict[str, str]:
    """Read whole: head and body may come apart."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    found: dict[str, str] = json.loads(answer.read())
    return found


def test_a_trailer_does_not_pass_for_a_header(server: Server) -> None:
    trailers = b"3\r\nabc\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: Bearer x\r\n\r\n"
    with server.send(CHUNKED + trailers) as connection:
        seen = answered_json(connection)
        assert seen["HTTP_X_FORWARDED_FOR"] == "1.1.1.1"
        assert "HTTP_AUTHORIZATION" not in seen
        # The next request on the connection has headers of its own again.
        connection.sendall(CHUNKED.replace(b"1.1.1.1", b"2.2.2.2") + b"0\r\n\r\n")
        assert answered_json(connection)["HTTP_X_FORWARDED_FOR"] == "2.2.2.2"


@pytest.mark.parametrize("endless", [b"3;x=", b"0\r\nX-Long: ", b"0\r\n"])
def test_what_is_no_body_ends_the_connection_once_it_is_long(server: Server, endless: bytes) -> None:
    piece = b"X: y\r\n" * 10_000 if endless == b"0\r\n" else b"a" * 70_000
    with server.send(CHUNKED + endless) as connection, pytest.raises(ConnectionError):
        # More than the kernel holds for either end.
        connection.sendall(200 * piece)


def test_bodies_that_are_held_are_bounded_together(server: Server) -> None:
    """One after another would fill the pod's memory with what is allowed for each."""
    before = server.memory()
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % BODY_BYTES
    with ExitStack() as stack:
        for _ in range(800):
            stack.enter_context(server.send(head + b"a" * (BODY_BYTES - 1)))
        assert server.ask("/page")[0] == 200
        assert server.memory() - before < 120_000_000


def test_who_reads_slowly_holds_no_thread(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(3 * THREADS):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            stack.enter_context(connection)
            connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.ask("/page")[0] == 200


def test_a_long_answer_streams_and_ends_with_its_reader(server: Server) -> None:
    status, body = server.ask("/rows/5000")
    assert (status, len(body)) == (200, 5_000_000)
    for _ in range(THREADS):
        with server.send(b"GET /rows/100000 HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
            connection.recv(1000)
    assert server.ask("/page")[0] == 200


def test_a_header_with_an_underscore_does_not_pass_for_a_proxys(server: Server) -> None:
    seen = json.loads(server.ask("/environ?a=%C3%A4", headers={"X_Forwarded_For": "6.6.6.6", "X-Real": "1"})[1])
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert seen["HTTP_X_REAL"] == "1"
    assert seen["QUERY_STRING"] == "a=%C3%A4"
    assert seen["REMOTE_ADDR"] == "127.0.0.1"


def test_a_hung_application_answers_its_probes_and_refuses_in_time(server: Server, tmp_path: Path) -> None:
    released = tmp_path / "released"
    statuses: list[int] = []
    callers = [threading.Thread(target=lambda: statuses.append(server.ask(f"/hang{released}")[0])) for _ in range(40)]
    for caller in callers:
        caller.start()
    until(lambda: len(statuses) == 40 - THREADS, server)
    assert set(statuses) == {503}
    for path in ("/livez", "/readyz", "/metrics"):
        assert server.ask(path)[0] == 200
    assert b'status="503"' in server.ask("/metrics")[1]
    released.touch()
    for caller in callers:
        caller.join()
    assert statuses[-THREADS:] == [200] * THREADS


def test_more_than_a_paths_share_wait_for_their_turn(server: Server) -> None:
    answers = [answer for answer, _ in _all_at_once(server, "/share", 3 * SHARE)]
    assert answers == [200] * 3 * SHARE


def test_who_waits_in_vain_for_a_turn_is_refused_by_the_application_and_takes_no_thread(
    server: Server, tmp_path: Path
) -> None:
    released = tmp_path / "released"
    answers: list[tuple[int, bytes]] = []
    callers = [
        threading.Thread(target=lambda: answers.append(server.ask(f"/share?released={released}"))) for _ in range(40)
    ]
    for caller in callers:
        caller.start()
    assert server.ask("/page")[0] == 200
    until(lambda: len(answers) == 40 - SHARE, server)
    assert set(answers) == {(503, b"all places are taken")}
    released.touch()
    for caller in callers:
        caller.join()
    assert answers[-SHARE:] == [(200, b"shared")] * SHARE
    assert server.ask("/share")[0] == 200


def _all_at_once(server: Server, path: str, count: int) -> list[tuple[int, bytes]]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(server.ask, [path] * count))


def test_a_broken_application_is_500_and_goes_on(server: Server) -> None:
    assert server.ask("/broken")[0] == 500
    assert server.ask("/page")[0] == 200


def test_a_stop_lets_running_requests_end(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        with server.send(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n") as idle, server.send(HALF_BODY) as running:
            assert _one_answer(idle).startswith(b"HTTP/1.1 200")
            server.process.terminate()
            assert read_to_end(idle) == b""
            running.sendall(b"a" * 97)
            assert read_to_end(running).endswith(b"100")
        assert server.process.wait(20) == 0


def _one_answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"x" * 2048):
        answer += connection.recv(65536)
    return answer


def test_workers_are_recycled(tmp_path: Path) -> None:
    with serve(tmp_path, "--max-requests", "20") as server:
        first = server.worker()
        for _ in range(20):
            assert server.ask("/page")[0] == 200
        until(lambda: _replaced(server, first), server)
        assert server.ask("/page")[0] == 200


def _replaced(server: Server, first: int) -> bool:
    return first not in {child.pid for child in psutil.Process(server.process.pid).children()} and _answers(server)
