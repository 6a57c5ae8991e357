import threading
import time
from collections import OrderedDict
from collections.abc import Callable

ALLOWED_FAILURES = 5
WINDOW_S = 300.0
# Enough for an office behind many addresses; the oldest are forgotten first, so that memory stays bounded.
REMEMBERED_CLIENTS = 4096


class LoginAttempts:
    """Counts failed logins by client over a sliding window, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, client: str) -> float:
        """Seconds until the client may try again; 0 if it may now."""
        with self._lock:
            recent = self._recent(client)
            if len(recent) < ALLOWED_FAILURES:
                return 0.0
            return recent[-ALLOWED_FAILURES] + WINDOW_S - self._clock()

    def failed(self, client: str) -> None:
        with self._lock:
            self._failures[client] = [*self._recent(client), self._clock()][-ALLOWED_FAILURES:]
            self._failures.move_to_end(client)
            while len(self._failures) > REMEMBERED_CLIENTS:
                self._failures.popitem(last=False)

    def succeeded(self, client: str) -> None:
        with self._lock:
            self._failures.pop(client, None)

    def _recent(self, client: str) -> list[float]:
        oldest = self._clock() - WINDOW_S
        return [moment for moment in self._failures.get(client, []) if moment > oldest]
