"""A stand-in for the sentiment service, well or ill as a test wants it."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = {"name": "opine-charcnn", "version": "1.0.0", "digest": "d" * 64}
PREDICTION = {"score": 0.93, "label": "good", "stars": 5, "star_probabilities": [0.01, 0.01, 0.03, 0.15, 0.8]}
BULK_HEADERS = {"Content-Type": "application/x-ndjson", "X-Model-Digest": MODEL["digest"]}
AGAINST = {"slow", "rude", "late"}
FOREIGN = "schlecht"
UNREADABLE = {"too long": "too_long", "breaks the engine": "internal"}

# Status, headers and body of each way to answer.
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "not loaded": (404, {}, b"{}"),
    "busy": (429, {"Retry-After": "7"}, b"{}"),
    "busy for years": (429, {"Retry-After": "99999"}, b"{}"),
    "busy until a date": (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"{}"),
    "broken": (500, {}, b"{}"),
    "unready": (503, {"Retry-After": "9"}, b"{}"),
    "late": (504, {}, b"{}"),
    "elsewhere": (302, {"Location": "/v1/other"}, b""),
    "garbage": (200, {}, b"<html>"),
    "no prediction": (200, {}, json.dumps({"model": MODEL, "predictions": []}).encode()),
    "out of bounds": (200, {}, json.dumps({"model": MODEL, "predictions": [PREDICTION | {"score": 1.5}]}).encode()),
    "body too large": (413, {}, b"{}"),
    "malformed": (422, {}, b"{}"),
    "engine error": (
        200,
        {},
        json.dumps(
            {"model": MODEL, "predictions": [{"error": {"code": "internal", "message": "see the log"}}]}
        ).encode(),
    ),
    "text error": (
        200,
        {},
        json.dumps(
            {"model": MODEL, "predictions": [{"error": {"code": "too_long", "message": "at most 5 may be"}}]}
        ).encode(),
    ),
}


class FakeSentiment:
    """`mode` is "ok", "in a moment", "slow" (not before `release`), "closed", "closed once" or a key of `ANSWERS`."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.requests: list[dict[str, Any]] = []
        self.request_ids: list[str | None] = []
        self.session_ids: list[str | None] = []
        self.timeouts_s: list[float] = []
        # What a version says in bulk of the texts that hold this word, by digest.
        self.versions: dict[str, tuple[str, dict[str, Any]]] = {}
        self.released = threading.Event()
        # Called between a question and its answer.
        self.meanwhile: Callable[[], object] = lambda: None
        self._server = _server_of(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reset(self) -> None:
        self.mode = "ok"
        self.meanwhile = lambda: None
        self.requests.clear()
        self.request_ids.clear()
        self.session_ids.clear()
        self.timeouts_s.clear()
        self.versions.clear()
        self.released.clear()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _server_of(fake: FakeSentiment) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        # One connection a request: a kept one would hold a thread at the end of the tests.
        protocol_version = "HTTP/1.0"
        timeout = 10

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            bulk = self.path.startswith("/v1/predict/bulk")
            body = {"lines": [json.loads(line) for line in content.splitlines()]} if bulk else json.loads(content)
            fake.requests.append(body)
            fake.request_ids.append(self.headers["X-Request-ID"])
            fake.session_ids.append(self.headers["X-Session-ID"])
            fake.timeouts_s.append(float(self.headers["X-Request-Timeout"]))
            fake.meanwhile()
            mode = fake.mode
            if mode == "slow":
                fake.released.wait(5)
                return
            if mode == "in a moment":
                time.sleep(0.1)
            if mode == "closed once":
                fake.mode = "ok"
            if mode.startswith("closed"):
                return
            well = (
                (200, BULK_HEADERS, _well_in_bulk(fake, self.headers["X-Model-Digest"], body))
                if bulk
                else (200, {}, _well(body))
            )
            status, headers, content = ANSWERS.get(mode) or well
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def _well(body: dict[str, Any]) -> bytes:
    explained = _explanation(body["texts"][0], body["explain"])
    prediction = PREDICTION | explained | _abstention(body["texts"][0])
    return json.dumps({"model": MODEL, "predictions": [prediction]}).encode()


def _well_in_bulk(fake: FakeSentiment, digest: str | None, body: dict[str, Any]) -> bytes:
    word, said = fake.versions.get(digest or "", ("", {}))
    answers = [(_line(line["text"]), line["text"]) for line in body["lines"]]
    told = [answer | said if word in text and "error" not in answer else answer for answer, text in answers]
    return b"".join(json.dumps(answer).encode() + b"\n" for answer in told)


def _line(text: str) -> dict[str, Any]:
    """A prediction, or for two texts an error; a word of `AGAINST` contributes -0.8, any other 0.31."""
    if text in UNREADABLE:
        return {"error": {"code": UNREADABLE[text], "message": "see the log"}}
    words = [[*match.span(), -0.8 if match[0].lower() in AGAINST else 0.31] for match in re.finditer(r"\S+", text)]
    return PREDICTION | {"words": words} | _abstention(text)


def _abstention(text: str) -> dict[str, str]:
    return {"abstention": "language"} if FOREIGN in text else {}


def _explanation(text: str, explain: object) -> dict[str, Any]:
    if explain == "words":
        return {"words": [[*match.span(), 0.31] for match in re.finditer(r"\S+", text)]}
    return {"contributions": [0.02] * len(text)} if explain else {}
