"""A steady load, every answer of which is kept."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import urlopen

BRAND = "lego"
_TIMEOUT_S = 15
_CROWD_PAUSE_S = 2.0
# A connection that was closed already fails at once.
_CLOSED_S = 0.5


@dataclass(frozen=True)
class Answer:
    at_s: float
    took_s: float
    kind: str
    status: int
    """0: none came."""
    detail: str
    key: str

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300


@dataclass
class Load:
    """One client opens pages, one has texts scored as it types, one saves reviews, each on new connections.

    A crowd keeps its connections, as browsers do, and has a text scored every two seconds; each holds a connection that
    a thread of the frontend must find time for.
    """

    frontend: str
    pause_s: float = 0.2
    crowd: int = 0
    answers: list[Answer] = field(default_factory=list)
    mark: str = field(default_factory=lambda: f"drill{uuid.uuid4().hex[:10]}")

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._started = time.monotonic()
        clients: tuple[Callable[[int], Answer], ...] = (self._page, self._predict, self._submit)
        self._threads = [threading.Thread(target=self._repeat, args=(client,)) for client in clients]
        self._threads += [
            threading.Thread(target=self._stay, args=(number * _CROWD_PAUSE_S / self.crowd,))
            for number in range(self.crowd)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        time.sleep(3)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            time.sleep(3)
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, client: Callable[[int], Answer]) -> None:
        number = 0
        while not self._stop.is_set():
            self.answers.append(client(number))
            number += 1
            self._stop.wait(self.pause_s)

    def _page(self, _number: int) -> Answer:
        return self._ask("page", "GET", "/", None, "")

    def _stay(self, begins_s: float) -> None:
        self._stop.wait(begins_s)
        kept = http.client.HTTPConnection(urlsplit(self.frontend).netloc, timeout=_TIMEOUT_S)
        body = {"text": "Quick delivery and friendly people."}
        while not self._stop.is_set():
            answer = self._ask("crowd", "POST", "/predict", body, "", kept=kept)
            if answer.status == 0 and answer.took_s < _CLOSED_S:
                # The server had closed it meanwhile: a browser sends such a request once more by itself.
                answer = self._ask("crowd", "POST", "/predict", body, "", kept=kept)
            self.answers.append(answer)
            self._stop.wait(_CROWD_PAUSE_S)
        kept.close()

    def _predict(self, number: int) -> Answer:
        text = f"{self.mark} {number}: quick delivery and friendly people, I would buy again."
        return self._ask("predict", "POST", "/predict", {"text": text}, "")

    def _submit(self, number: int) -> Answer:
        key = uuid.uuid4().hex
        review = {"brand": BRAND, "text": f"{self.mark} {key} number {number}", "stars": 4, "prediction": None}
        return self._ask("submit", "POST", "/submit", {"key": key, "review": review}, key)

    def _ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: object,
        key: str,
        *,
        kept: http.client.HTTPConnection | None = None,
    ) -> Answer:
        started = time.monotonic()
        connection = kept or http.client.HTTPConnection(urlsplit(self.frontend).netloc, timeout=_TIMEOUT_S)
        try:
            headers = {"Content-Type": "application/json", "Connection": "keep-alive" if kept else "close"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            status, detail = answer.status, answer.read()[:200].decode(errors="replace")
            if status < 300:
                detail = ""
            elif answer.headers["Retry-After"]:
                detail = f"Retry-After {answer.headers['Retry-After']}: {detail}"
        except (OSError, http.client.HTTPException) as error:
            status, detail = 0, repr(error)
            connection.close()
        if kept is None:
            connection.close()
        now = time.monotonic()
        return Answer(started - self._started, now - started, kind, status, detail, key)

    def now_s(self) -> float:
        """On the clock of the answers."""
        return time.monotonic() - self._started

    @property
    def failures(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]

    def failing_s(self) -> float:
        """From the first failed request's start to the last one's end."""
        failures = self.failures
        return max(a.at_s + a.took_s for a in failures) - min(a.at_s for a in failures) if failures else 0.0

    def saved_keys(self) -> set[str]:
        return {answer.key for answer in self.answers if answer.kind == "submit" and answer.status == 201}


def stored_keys(reviews: str, mark: str) -> list[str]:
    """The keys in the stored reviews' texts, also those that are there twice."""
    found: list[str] = []
    cursor = ""
    while True:
        url = f"{reviews}/api/v1/reviews?brand={BRAND}&q={mark}&limit=100{cursor}"
        with urlopen(url, timeout=20) as answer:  # noqa: S310  our own address
            page: dict[str, Any] = json.load(answer)
        found += [item["text"].split()[1] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
