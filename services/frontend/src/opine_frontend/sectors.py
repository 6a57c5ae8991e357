"""The brands' sectors. The API has no list of them, so they are gathered from its brands and kept for a while."""

import threading
import time

from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.queries import BrandQuery

KEPT_S = 600.0
_LARGEST_PAGE = 100
# 1,000 brands name all sectors of any list we ship; a longer walk would keep the first visitor waiting.
_MOST_PAGES = 10


class Sectors:
    def __init__(self, api: ReviewsApi) -> None:
        self._api = api
        self._names: list[str] = []
        self._expires = 0.0
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Sorted names; what was known before, or nothing, while the API is away."""
        with self._lock:
            if time.monotonic() >= self._expires:
                try:
                    self._names = self._gather()
                except ReviewsApiError:
                    return self._names
                self._expires = time.monotonic() + KEPT_S
            return self._names

    def _gather(self) -> list[str]:
        names: set[str] = set()
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = self._api.brands(BrandQuery(limit=_LARGEST_PAGE, cursor=cursor))
            names.update(brand.sector for brand in page.items if brand.sector)
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        return sorted(names)
