"""Waits as long as the site asks, and sends nothing more once it blocks."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import structlog
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse

from opine_scraping.blocks import asked_to_wait_s, block
from opine_scraping.crawl.headers import headers_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)

BLOCKED = "the site has blocked an earlier request"
_TURN_S = 0.5


class HeedTheSite:
    """One request is under way at a time, so that holding it holds all.

    The spider sees an answer only when the next request may be on its way already: blocks are noticed here.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._blocked = False
        self._default_s = crawler.settings.getfloat("OPINE_WAIT_S")
        self._longest_s = crawler.settings.getfloat("OPINE_LONGEST_WAIT_S")
        self._most = crawler.settings.getint("OPINE_WAITS")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HeedTheSite:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        del request
        if self._blocked:
            raise IgnoreRequest(BLOCKED)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        headers = headers_of(response)
        wait_s = asked_to_wait_s(response.status, headers, dt.datetime.now(dt.UTC), self._default_s)
        waits = request.meta.get("waits", 0)
        if wait_s is None or waits >= self._most or wait_s > self._longest_s:
            text = response.text if isinstance(response, TextResponse) else ""
            # robots.txt is no page; a site that forbids even that has no rules (RFC 9309).
            self._blocked = not request.meta.get("dont_obey_robotstxt") and bool(block(response.status, headers, text))
            return response
        logger.warning("the site asks to wait", url=request.url, status=response.status, wait_s=wait_s)
        await self._wait(wait_s)
        return request.replace(
            dont_filter=True, priority=request.priority + 1, meta=request.meta | {"waits": waits + 1}
        )

    async def _wait(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while self._crawler.crawling and (left := end - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110  a stop sets no event
            await asyncio.sleep(min(left, _TURN_S))
