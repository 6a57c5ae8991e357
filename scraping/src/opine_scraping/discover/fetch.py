"""Loads pages in the browser as politely as Scrapy does: by robots.txt, slowly, and not again when told not to."""

from __future__ import annotations

import datetime as dt
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from selenium.common.exceptions import WebDriverException

from opine_scraping.blocks import asked_to_wait_s, block
from opine_scraping.parsers.page import Page, ParseError
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_scraping.discover.browser import Browser, Document
    from opine_scraping.robots import Robots
    from opine_scraping.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)

_POLL_S = 0.2


class FetchError(ParseError):
    """The page is not there, or not filled."""

    def __init__(self, fault: Fault, text: str | None = None) -> None:
        super().__init__(fault.reason, fault.detail, text)


class Fetcher:
    def __init__(self, browser: Browser, robots: Robots, settings: Settings) -> None:
        self._browser = browser
        self._robots = robots
        self._settings = settings
        self._delay_s = max(settings.delay_s, robots.crawl_delay_s) if settings.throttle else 0.0
        self._next_at = 0.0

    def fetch(self, url: str, filled: Callable[[Page], bool]) -> Page:
        """A page once its list is filled.

        Args:
            url: where.
            filled: whether its scripts have put in what is to be read.

        Raises:
            FetchError: forbidden, blocked, broken, or not filled in time.
        """
        if not self._robots.allow(url):
            raise FetchError(Fault(Reason.ROBOTS, "robots.txt forbids it"))
        tries = 0
        while True:
            document = self._load(url)
            text = self._browser.text()
            wait_s = self._wait(document, tries)
            if wait_s is None:
                break
            tries += 1
            logger.warning("the site is asked again", url=url, status=document.status, wait_s=wait_s)
            time.sleep(wait_s)
        if blocked := block(document.status, document.headers, text):
            raise FetchError(blocked, text)
        if document.status != HTTPStatus.OK:
            raise FetchError(Fault(Reason.HTTP_STATUS, f"HTTP {document.status}"), text)
        return self._when_filled(filled)

    def _load(self, url: str) -> Document:
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        started = time.monotonic()
        try:
            return self._browser.load(url)
        except WebDriverException as error:
            raise FetchError(Fault(Reason.NETWORK, (error.msg or "no answer").splitlines()[0])) from error
        finally:
            # As AutoThrottle: a site that is slow is given at least the time that it took.
            took_s = time.monotonic() - started
            delay_s = min(max(self._delay_s, took_s), max(self._settings.max_delay_s, self._delay_s))
            self._next_at = time.monotonic() + (delay_s if self._settings.throttle else 0.0)

    def _wait(self, document: Document, tries: int) -> float | None:
        """Seconds until the page is asked for again, if it is to be."""
        now = dt.datetime.now(dt.UTC)
        asked_s = asked_to_wait_s(document.status, document.headers, now, self._settings.wait_s)
        if asked_s is not None:
            return asked_s if tries < self._settings.waits and asked_s <= self._settings.longest_wait_s else None
        broken = document.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return 0.0 if broken and tries < self._settings.retries else None

    def _when_filled(self, filled: Callable[[Page], bool]) -> Page:
        end = time.monotonic() + self._settings.fill_timeout_s
        before = None
        while True:
            page = Page(self._browser.text(), self._browser.url(), dt.datetime.now(dt.UTC))
            late = time.monotonic() > end
            # A script may still be at it: twice the same is a list that is whole.
            if filled(page) and (late or page.text == before):
                return page
            before = page.text
            if late:
                raise FetchError(
                    Fault(Reason.NOT_FILLED, f"nothing known after {self._settings.fill_timeout_s:g} s"), page.text
                )
            time.sleep(_POLL_S)
