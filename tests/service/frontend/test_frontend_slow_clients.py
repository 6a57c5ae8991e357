"""The web app as it runs in a pod, among clients that send slowly or too much."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest
import urllib3

MEGABYTE = b"a" * 1_000_000
ROUTES = ["/_dash-update-component", "/predict", "/submit", "/admin/login", "/admin/logout", "/nowhere"]


def test_half_requests_stop_no_page(url: str) -> None:
    with ExitStack() as stack:
        for half in (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", b"GET / HTTP/1.1\r\nX-") * 40:
            stack.enter_context(_send(url, half))
        for path in ("/livez", "/", "/assets/favicon.svg"):
            assert urllib3.request("GET", url + path, timeout=20, retries=False).status == 200


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("framing", [b"Content-Length: 300000000", b"Transfer-Encoding: chunked"])
def test_a_huge_body_is_refused_on_every_route_and_takes_no_memory(url: str, route: str, framing: bytes) -> None:
    before = _memory()
    head = f"POST {route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    piece = MEGABYTE if framing.startswith(b"Content") else b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE)
    with _send(url, head + framing + b"\r\n\r\n") as connection:
        for _ in range(30):
            connection.sendall(piece)
        status = int(connection.recv(1000).split()[1])
    assert status in {303, 413} if route == "/admin/logout" else status in {404, 405, 413}
    assert _memory() - before < 10_000_000


def test_a_malformed_chunk_is_400(url: str) -> None:
    request = (
        b"POST /_dash-update-component HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    )
    with _send(url, request) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def _send(url: str, request: bytes) -> socket.socket:
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port or 0), timeout=20)
    connection.sendall(request)
    return connection


def _memory() -> int:
    """Of gunicorn and its worker."""
    family = psutil.Process().children(recursive=True)
    served = [process for process in family if any("opine_frontend" in word for word in process.cmdline())]
    return sum(process.memory_info().rss for process in served)
