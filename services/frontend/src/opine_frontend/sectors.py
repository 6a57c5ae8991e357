"""The brands' sectors, asked for once and kept for a while."""

import threading
import time

from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError

# They change with the list of brands, that is with a release.
KEPT_S = 60.0


class Sectors:
    def __init__(self, api: ReviewsApi) -> None:
        self._api = api
        self._names: list[str] = []
        self._expires = 0.0
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names as the API sorts them; what was known before, or nothing, while the API is away."""
        with self._lock:
            if time.monotonic() >= self._expires:
                try:
                    self._names = [entry.sector for entry in self._api.sectors().items]
                except ReviewsApiError:
                    return self._names
                self._expires = time.monotonic() + KEPT_S
            return self._names
