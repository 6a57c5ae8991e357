"""Reads companies' review pages, one page after the other."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse

from opine_scraping.blocks import block
from opine_scraping.companies import with_category
from opine_scraping.crawl.headers import headers_of
from opine_scraping.crawl.heed import BLOCKED
from opine_scraping.exit_codes import ExitCode
from opine_scraping.outputs import OutputError
from opine_scraping.parsers import REVIEWS, choose
from opine_scraping.parsers.page import Page, ParseError
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from twisted.python.failure import Failure

    from opine_scraping.companies import Company
    from opine_scraping.crawl.arguments import CrawlArguments
    from opine_scraping.reading.keeper import Keeper
    from opine_scraping.robots import Robots


class TrustpilotSpider(Spider):
    """A page's items are durable before the next page is asked for, so that they need no pipeline behind this."""

    name = "trustpilot"

    def __init__(self, *, arguments: CrawlArguments, keeper: Keeper, robots: Robots, **kwargs: Any) -> None:  # noqa: ANN401  Scrapy's
        super().__init__(**kwargs)
        self.allowed_domains = [arguments.site.host]
        self._arguments = arguments
        self._keeper = keeper
        self._robots = robots

    async def start(self) -> AsyncIterator[Request]:
        for company in self._arguments.companies:
            url = self._keeper.first_url(company.company, self._arguments.start_url(company))
            for request in self._requests(url, company):
                yield request

    def parse(self, response: Response, company: Company) -> Iterator[Request]:
        text = response.text if isinstance(response, TextResponse) else ""
        blocked = block(response.status, headers_of(response), text)
        if blocked:
            self._keeper.fail(response.url, blocked, text)
            raise CloseSpider("blocked")
        if response.status != HTTPStatus.OK:
            self._keeper.fail(response.url, Fault(Reason.HTTP_STATUS, f"HTTP {response.status}"), text)
            return
        page = Page(text, response.url, dt.datetime.now(dt.UTC))
        try:
            read = with_category(choose(REVIEWS, page).parse(page), company)
        except ParseError as error:
            self._keeper.fail(response.url, error.fault, text)
            return
        try:
            following = self._keeper.keep(company.company, self._arguments.start_url(company), page, read)
        except OutputError as error:
            self.logger.error("%s", error)  # noqa: TRY400  the sentence says it all
            self._keeper.record.stop(ExitCode.UNAVAILABLE)
            raise CloseSpider("output") from error
        yield from self._requests(following, company)

    def failed(self, failure: Failure) -> None:
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        cause = str(failure.value)
        if cause == BLOCKED and self._keeper.record.stopped_by is not None:
            return
        if isinstance(failure.value, IgnoreRequest):
            reasons = {BLOCKED: Reason.FORBIDDEN, "Forbidden by robots.txt": Reason.ROBOTS}
            fault = Fault(reasons.get(cause, Reason.FOREIGN_LINK), cause)
        else:
            fault = Fault(Reason.NETWORK, type(failure.value).__name__)
        self._keeper.fail(request.url, fault)

    def _requests(self, url: str | None, company: Company) -> Iterator[Request]:
        if url is None:
            return
        if not self._robots.allow(url):
            self._keeper.fail(url, Fault(Reason.ROBOTS, "robots.txt forbids it"))
            return
        # The progress says what was read, in this run and before; Scrapy's own memory of addresses would only grow.
        yield Request(url, callback=self.parse, errback=self.failed, cb_kwargs={"company": company}, dont_filter=True)
