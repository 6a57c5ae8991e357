"""The API as it runs in a pod, among clients that send slowly or too much; what all services share is in ../common."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import urllib3
from opine_local.ports import any_free
from opine_reviews.settings import Settings

from tests.support.reviews.server import Api, serve

HALVES = (
    b"POST /api/v1/reviews HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nX-",
    b"",
)


@pytest.fixture(scope="module")
def management_port() -> int:
    return any_free()


@pytest.fixture(scope="module")
def api(settings: Settings, tmp_path_factory: pytest.TempPathFactory, management_port: int) -> Iterator[Api]:
    given = {
        "database_url": settings.database_url.unicode_string(),
        "client_hash_key": "a key that is only used in these tests",
        "management_bind": f"127.0.0.1:{management_port}",
    }
    with serve(tmp_path_factory.mktemp("slow"), **given) as running:
        running.until("/livez", 200)
        yield running


@pytest.mark.usefixtures("engine")
def test_half_requests_stop_nothing(api: Api) -> None:
    with ExitStack() as stack:
        for half in HALVES * 40:
            stack.enter_context(_send(api, half))
        for path in ("/livez", "/api/v1/brands", "/api/v1/reviews"):
            assert api.request("GET", path).status == 200


@pytest.mark.parametrize("route", ["/api/v1/reviews", "/api/v1/predictions"])
def test_a_malformed_chunk_is_400(api: Api, route: str) -> None:
    head = f"POST {route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    with _send(api, head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("size", [262_145, 3_000_000])
def test_a_body_of_unknown_length_over_the_limit_is_413_in_the_routes_own_form(api: Api, size: int) -> None:
    answer = _chunked(api, "/api/v1/predictions", "application/json", size)
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    answer = _chunked(api, "/api/predict", "application/x-www-form-urlencoded", size)
    assert answer.status == 413
    assert set(answer.json()) == {"error"}


def test_a_body_of_unknown_length_within_the_limit_is_read_whole(api: Api) -> None:
    answer = _chunked(api, "/api/v1/predictions", "application/json", 262_144)
    assert answer.status == 400
    assert answer.json()["type"] == "urn:opine:problem:malformed-json"


def test_metrics_are_on_the_management_port_alone(api: Api, management_port: int) -> None:
    management = f"http://127.0.0.1:{management_port}"
    for path in ("/livez", "/readyz", "/metrics"):
        assert api.http.request("GET", management + path).status == 200
    assert api.http.request("GET", f"{management}/api/v1/brands").status == 404
    assert api.request("GET", "/metrics").status == 404
    assert api.request("GET", "/livez").status == 200
    assert api.request("GET", "/readyz").status == 200


def _send(api: Api, request: bytes) -> socket.socket:
    address = urlsplit(api.url)
    connection = socket.create_connection((address.hostname, address.port or 0), timeout=20)
    connection.sendall(request)
    return connection


def _chunked(api: Api, route: str, content_type: str, size: int) -> urllib3.BaseHTTPResponse:
    pieces = (b"a" * min(65536, size - start) for start in range(0, size, 65536))
    return api.request("POST", route, body=pieces, chunked=True, headers={"Content-Type": content_type})
