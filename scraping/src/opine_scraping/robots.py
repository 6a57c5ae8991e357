"""robots.txt (RFC 9309), read once before a run: Scrapy obeys its rules, this also its crawl delay and its absence."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from protego import Protego

from opine_scraping.reasons import UnavailableError

if TYPE_CHECKING:
    from opine_scraping.site import Site

PRODUCT = "opine-scraping"
# RFC 9309 wants at least 500 KiB read.
_MOST_BYTES = 512 * 1024
_TIMEOUT_S = 30


class RobotsUnavailableError(UnavailableError):
    """Without an answer nothing may be fetched."""


@dataclass(frozen=True, slots=True)
class Robots:
    _rules: Protego

    def allow(self, url: str) -> bool:
        return bool(self._rules.can_fetch(url, PRODUCT))

    @property
    def crawl_delay_s(self) -> float:
        return float(self._rules.crawl_delay(PRODUCT) or 0)


def parse_robots(text: str) -> Robots:
    return Robots(Protego.parse(text))


def read_robots(site: Site, user_agent: str) -> Robots:
    """The site's rules; none where it answers 4xx.

    Raises:
        RobotsUnavailableError: it does not answer, or with 5xx.
    """
    request = Request(site.robots(), headers={"User-Agent": user_agent})  # noqa: S310  the settings take http(s) only
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return parse_robots(answer.read(_MOST_BYTES).decode(errors="replace"))
    except HTTPError as error:
        if error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code != HTTPStatus.TOO_MANY_REQUESTS:
            return parse_robots("")
        raise RobotsUnavailableError(f"{site.robots()} answers {error.code}; nothing was fetched") from error
    except (URLError, OSError) as error:
        raise RobotsUnavailableError(f"{site.robots()} does not answer ({error}); nothing was fetched") from error
