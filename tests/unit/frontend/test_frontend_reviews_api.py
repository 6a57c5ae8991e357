"""The client of the reviews API against a real socket that answers as it is told."""

import json
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from opine_common.prediction import WordContribution
from opine_common.request_ids import set_request_id
from opine_frontend.reviews_api.client import TIMEOUT_S, ReviewsApi
from opine_frontend.reviews_api.errors import Busy, UnexpectedAnswerError, UnreachableError


class ScriptedServer:
    """Sends one of its answers per connection and notes what it was asked; an empty answer hangs up."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = answers
        self.requests: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self.answers:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed, since no more is asked
                return
            with connection:
                self.requests.append(_read_request(connection))
                connection.sendall(answer)

    def close(self) -> None:
        # Closing alone does not wake a thread that waits for a connection.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)


def _read_request(connection: socket.socket) -> str:
    """Head and body; a client may send them apart."""
    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    length = re.search(rb"^Content-Length: (\d+)", head, re.MULTILINE)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return f"{head.decode()}\r\n\r\n{body.decode()}"


def _answer(status: str, body: bytes, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


BRAND = _answer("200 OK", b'{"slug": "nike", "name": "Nike", "review_count": 2, "average_stars": 4.5}')


@pytest.fixture
def serve() -> Iterator[type[ScriptedServer]]:
    started: list[ScriptedServer] = []

    class Tracked(ScriptedServer):
        def __init__(self, *answers: bytes) -> None:
            super().__init__(*answers)
            started.append(self)

    yield Tracked
    for server in started:
        server.close()


def _api(server: ScriptedServer) -> ReviewsApi:
    return ReviewsApi(server.url, max_connection_age_s=15)


def test_an_answer_is_parsed_and_the_request_id_handed_on(serve: type[ScriptedServer]) -> None:
    server = serve(BRAND)
    set_request_id("id-of-the-page")
    try:
        assert _api(server).brand("a/b").name == "Nike"
    finally:
        set_request_id(None)
    assert server.requests[0].startswith("GET /api/v1/brands/a%2Fb HTTP/1.1")
    assert "X-Request-ID: id-of-the-page" in server.requests[0]


def test_a_connection_that_hangs_up_is_tried_once_more(serve: type[ScriptedServer]) -> None:
    server = serve(b"", BRAND)
    assert _api(server).brand("nike").average_stars == 4.5
    assert len(server.requests) == 2


def test_after_a_second_hang_up_it_is_unreachable(serve: type[ScriptedServer]) -> None:
    server = serve(b"", b"", BRAND)
    with pytest.raises(UnreachableError):
        _api(server).brand("nike")
    assert len(server.requests) == 2


def test_a_busy_api_is_told_and_not_waited_out(serve: type[ScriptedServer]) -> None:
    server = serve(_answer("503 Service Unavailable", b"{}", "Retry-After: 30\r\n"), BRAND)
    with pytest.raises(Busy) as raised:
        _api(server).brand("nike")
    assert raised.value.retry_after_s == 30
    assert len(server.requests) == 1


def test_the_api_is_told_how_long_the_answer_is_waited_for(serve: type[ScriptedServer]) -> None:
    server = serve(BRAND)
    _api(server).brand("nike")
    told = re.search(r"^X-Request-Timeout: (.+)\r$", server.requests[0], re.MULTILINE)
    assert told is not None
    assert 0 < float(told[1]) < TIMEOUT_S


def test_a_prediction_asks_for_words_and_has_them(serve: type[ScriptedServer]) -> None:
    prediction = {"score": 0.9, "label": "good", "stars": 5, "star_probabilities": [0.0, 0.0, 0.0, 0.2, 0.8]}
    answer = {"model": {"name": "m", "version": "1"}, "prediction": prediction, "signature": "s"}
    words = [[0, 5, 0.31]]
    server = serve(
        _answer("200 OK", json.dumps({**answer, "prediction": {**prediction, "words": words}}).encode()),
        _answer("200 OK", json.dumps(answer).encode()),
    )
    assert _api(server).predict("great", client={}).prediction.words == [
        WordContribution(start=0, end=5, contribution=0.31)
    ]
    assert server.requests[0].endswith('{"text":"great","explain":"words"}')
    with pytest.raises(UnexpectedAnswerError):
        _api(server).predict("great", client={})


def test_an_answer_against_the_contract_is_no_brand(serve: type[ScriptedServer]) -> None:
    with pytest.raises(UnexpectedAnswerError):
        _api(serve(_answer("200 OK", b'{"slug": "nike"}'))).brand("nike")
