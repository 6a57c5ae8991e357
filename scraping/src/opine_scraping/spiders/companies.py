"""Finds companies: from the index of categories over sub-categories to their lists, with a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request

from opine_scraping.arguments import DiscoverArguments
from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.pagination import PageList
from opine_scraping.parsers import CATEGORIES, LISTINGS, parse_categories
from opine_scraping.parsers.page import SubCategory
from opine_scraping.spiders.paginated import PaginatedSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response

    from opine_scraping.parsers.page import Page


class CompaniesSpider(PaginatedSpider):
    """`scrapy crawl companies -a site=https://www.example.org -a only=Bakery`."""

    name = "companies"
    kind = "discover"
    page_parsers = LISTINGS
    all_parsers = tuple(parser.name for parser in (*CATEGORIES, *LISTINGS))
    arguments: DiscoverArguments
    custom_settings = {  # noqa: RUF012  declared by Scrapy
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "opine_scraping.browser.BrowserDownloadHandler"),
        # A company may stand in several lists; the output counts it as known.
        "ITEM_PIPELINES": {"opine_scraping.pipelines.WriterPipeline": 200},
    }

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  Scrapy's
        super().__init__()
        self.arguments = DiscoverArguments.model_validate(given)
        self.arguments.check()

    async def start(self) -> AsyncIterator[Request]:
        yield Request(
            self.site.categories_url, callback=self.parse_index, errback=self.failed, meta={"filled": _has_index}
        )

    def parse_index(self, response: Response) -> Iterator[Request]:
        page = self.page_of(response)
        if page is None:
            return
        try:
            found = parse_categories(page)
        except ParseError as error:
            self.recorder.reject(page.url, [error.issue], page.text)
            return
        self.recorder.reject(page.url, [each for each in found if isinstance(each, ParseIssue)], page.text)
        only = set(self.arguments.only)
        # Two categories may have a sub-category of the same name: its address tells them apart.
        lists = [
            PageList(sub.url, sub.url, sub.category, sub.name)
            for sub in found
            if isinstance(sub, SubCategory) and (not only or {sub.category, sub.name} & only)
        ]
        yield from self.first_requests(lists)

    def request(self, url: str, entries: PageList) -> Request:
        return super().request(url, entries).replace(meta={"filled": _is_filled})

    def page_of(self, response: Response, entries: PageList | None = None) -> Page | None:
        page = super().page_of(response, entries)
        if page is not None and "unfilled" in response.flags:
            issue = ParseIssue(Reason.NOT_FILLED, "no script put a known list in before the time was over")
            self.fail(page.url, issue, page.text, response.request, entries)
            return None
        return page

    def described(self) -> dict[str, str]:
        return {"only": ", ".join(self.arguments.only), "max_pages": str(self.arguments.max_pages)}


def _has_index(page: Page) -> bool:
    return any(parser.recognises(page) for parser in CATEGORIES)


def _is_filled(page: Page) -> bool:
    return any(parser.filled(page) for parser in LISTINGS)
