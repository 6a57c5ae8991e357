"""What both spiders do: go through lists page by page, each page durable before the next is asked for."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, DownloadCancelledError
from scrapy.http import Response, TextResponse

from opine_scraping.fetch_policy import FetchPolicy, Site, choose_site, read_policy
from opine_scraping.issues import ExitCode, ParseError, ParseIssue, Reason, UnavailableError
from opine_scraping.middlewares import RequestRefused
from opine_scraping.outputs import OutputError, open_output
from opine_scraping.pagination import Limits, PageList, Pagination
from opine_scraping.parsers import parse_list
from opine_scraping.parsers.page import ListRead, Page
from opine_scraping.run import RunRecorder, Thresholds
from opine_scraping.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import Path

    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from opine_scraping.arguments import CrawlArguments, DiscoverArguments
    from opine_scraping.items import Item, Kind
    from opine_scraping.parsers.page import ListingParser, ReviewsParser

# What sites answer for a page that is there no more, or not for everybody.
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class PaginatedSpider(Spider):
    """Opens a run when it is made, and closes it with a report."""

    kind: ClassVar[Kind]
    page_parsers: ClassVar[Sequence[ReviewsParser | ListingParser]]
    all_parsers: ClassVar[Sequence[str]]
    """With the versions of those for other pages that this spider reads."""
    custom_settings = {"ROBOTSTXT_OBEY": False}  # noqa: RUF012  declared by Scrapy; the policy does it
    arguments: CrawlArguments | DiscoverArguments
    site: Site
    policy: FetchPolicy
    recorder: RunRecorder
    pagination: Pagination

    def __init__(self) -> None:
        super().__init__()
        # Pages of several lists may be answered while one waits for its items: one at a time is written.
        self.page_turn = asyncio.Lock()
        self.items_left, self.item_left = 0, asyncio.Event()
        self.waiting: deque[PageList] = deque()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401  Scrapy's
        """Make ready for a run.

        Raises:
            UsageError: an argument or a setting is wrong; nothing was asked for.
            UnavailableError: robots.txt, the state folder or the output cannot be used.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = get_settings()
        spider.site = choose_site(spider.arguments.site, settings)
        # Before robots.txt: a wrong list of companies is told without asking the site for anything.
        spider.prepare(settings)
        spider.policy = read_policy(spider.site, settings)
        if settings.throttle:
            delay_s = max(settings.delay_s, spider.policy.crawl_delay_s)
            crawler.settings.set("DOWNLOAD_DELAY", delay_s, "spider")
            crawler.settings.set("AUTOTHROTTLE_START_DELAY", delay_s, "spider")
            crawler.settings.set("AUTOTHROTTLE_MAX_DELAY", max(settings.max_delay_s, delay_s), "spider")
        spider.recorder = RunRecorder(
            kind=spider.kind,
            folder=spider.state_folder(settings),
            output=open_output(spider.arguments.output, spider.output_folder(settings), settings),
            parsers=tuple(spider.all_parsers),
            arguments=spider.described() | {"site": spider.site.url, "output": spider.arguments.output},
            thresholds=Thresholds(
                settings.max_page_error_share, settings.max_card_error_share, settings.min_fill_share
            ),
            saved_copies=settings.saved_copies,
            start_over=spider.arguments.start_over,
        )
        spider.pagination = Pagination(spider.recorder, spider.limits())
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider.count_item, signal)
        crawler.signals.connect(spider.go_on, signals.spider_idle)
        crawler.signals.connect(spider.note_request, signals.request_reached_downloader)
        crawler.signals.connect(spider.note_error, signals.spider_error)
        crawler.signals.connect(spider.close_run, signals.spider_closed)
        return spider

    def prepare(self, settings: Settings) -> None:
        """Find what is to be read, before anything is asked for."""

    def state_folder(self, settings: Settings) -> Path:
        return settings.state_dir / self.kind

    def output_folder(self, settings: Settings) -> Path:
        return self.arguments.path or settings.output_dir or settings.state_dir / "output"

    def limits(self) -> Limits:
        return Limits(self.arguments.max_pages)

    def described(self) -> dict[str, str]:
        """The arguments, for the run's record."""
        raise NotImplementedError

    def request(self, url: str, entries: PageList) -> Request:
        # The progress says what was read, in this run and before; Scrapy's own memory of addresses would only grow.
        return Request(url, callback=self.parse, errback=self.failed, cb_kwargs={"entries": entries}, dont_filter=True)

    def first_requests(self, lists: Iterable[PageList]) -> Iterator[Request]:
        """The page that each list begins or goes on with, but for those that wait until all others are read."""
        unread = self.pagination.unread_keys()
        for entries in lists:
            if entries.key in unread:
                self.waiting.append(entries)
            else:
                yield from self.first_request(entries)

    def first_request(self, entries: PageList) -> Iterator[Request]:
        url = self.pagination.first_url(entries)
        if url is not None:
            yield self.request(url, entries)

    def go_on(self) -> None:
        """Try a list again that could not be read before, or ended a run."""
        while self.waiting and self.recorder.stats.stopped_by is None:
            for request in self.first_request(self.waiting.popleft()):
                self.crawler.engine.crawl(request)
                raise DontCloseSpider  # Scrapy asks again once this list is read

    async def parse(self, response: Response, entries: PageList) -> AsyncIterator[Item | Request]:
        async with self.page_turn:
            self.pagination.begin(entries)
            page = self.page_of(response, entries)
            if page is None:
                return
            try:
                read = parse_list(self.page_parsers, page)
            except ParseError as error:
                self.fail(page.url, error.issue, page.text, response.request, entries)
                return
            for item in _with_category(read, entries):
                yield item
            await self._all_left(len(read.items))
            try:
                url = self.pagination.turn(entries, page, read)
            except OutputError as error:
                self.stop(error)
            if url is not None:
                yield self.request(url, entries)

    def page_of(self, response: Response, entries: PageList | None = None) -> Page | None:
        """The page of an answer that has one; else what is wrong is reported.

        Raises:
            CloseSpider: the site blocks.
        """
        text = response.text if isinstance(response, TextResponse) else ""
        blocked: ParseIssue | None = response.meta.get("block")
        if blocked:
            self.recorder.reject(response.url, [blocked], text)
            raise CloseSpider("blocked")
        if response.status == HTTPStatus.OK:
            return Page(text, response.url, dt.datetime.now(dt.UTC))
        issue = ParseIssue(Reason.HTTP_STATUS, f"HTTP {response.status}")
        self.fail(response.url, issue, text, response.request, entries, gone=response.status in _GONE)
        return None

    def failed(self, failure: Failure) -> None:
        """Report a request that got no answer, or was not sent."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        error = failure.value
        if isinstance(error, UnavailableError):
            self.stop(error)
        if isinstance(error, RequestRefused):
            # What was refused since the block is counted with it.
            if error.issue.reason is Reason.FORBIDDEN and self.recorder.stats.stopped_by is not None:
                return
            issue = error.issue
        elif isinstance(error, DownloadCancelledError) or "MAXSIZE" in str(error):
            issue = ParseIssue(Reason.TOO_LARGE, "the answer is larger, perhaps once unpacked, than any page")
        else:
            issue = ParseIssue(Reason.NETWORK, type(error).__name__)
        self.fail(request.url, issue, None, request, request.cb_kwargs.get("entries"))

    def fail(
        self,
        url: str,
        issue: ParseIssue,
        text: str | None,
        request: Request | None,
        entries: PageList | None,
        *,
        gone: bool = False,
    ) -> None:
        """Report a page that could not be read; one of no list is the index."""
        if entries is None:
            self.recorder.reject(url, [issue], text)
        else:
            is_wall = gone or bool(request and request.meta.get("redirect_urls"))
            self.pagination.fail(entries, url, issue, text, is_wall=is_wall)

    def stop(self, error: UnavailableError) -> None:
        """End the run, by CloseSpider, because something that it needs is away."""
        self.logger.error("%s", error)
        self.recorder.stats.stop(ExitCode.UNAVAILABLE)
        raise CloseSpider("unavailable") from error

    async def _all_left(self, count: int) -> None:
        """Wait until that many items have left the pipelines: Scrapy asks a callback for more before."""
        while self.items_left < count:
            self.item_left.clear()
            await self.item_left.wait()
        self.items_left -= count

    def count_item(self) -> None:
        self.items_left += 1
        self.item_left.set()

    def note_request(self, request: Request) -> None:
        if entries := request.cb_kwargs.get("entries"):
            self.pagination.begin(entries)

    def note_error(self) -> None:
        self.recorder.stats.stop(ExitCode.INTERNAL)

    def close_run(self, reason: str) -> None:
        if reason == "shutdown":
            self.recorder.stats.stop(ExitCode.INTERRUPTED)
        self.recorder.close()


def _with_category(read: ListRead, entries: PageList) -> Iterator[Item]:
    """Companies in the category that they were found in, where the page itself names none."""
    found = {"category": entries.category, "sub_category": entries.sub_category}
    for item in read.items:
        yield item.model_copy(update=found) if getattr(item, "category", "") is None else item
