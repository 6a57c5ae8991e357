"""Reads companies' reviews, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opine_scraping.arguments import CrawlArguments
from opine_scraping.companies import Company, Shard, is_company, read_companies, select_companies
from opine_scraping.issues import UsageError
from opine_scraping.outputs import database_url
from opine_scraping.pagination import Limits, PageList
from opine_scraping.parsers import REVIEWS
from opine_scraping.parsers.page import SOURCE
from opine_scraping.spiders.paginated import PaginatedSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from scrapy import Request

    from opine_scraping.fetch_policy import Site
    from opine_scraping.settings import Settings


class ReviewsSpider(PaginatedSpider):
    """`scrapy crawl reviews -a site=https://www.example.org -a company=a.example,b.example`."""

    name = "reviews"
    kind = "crawl"
    page_parsers = REVIEWS
    all_parsers = tuple(parser.name for parser in REVIEWS)
    arguments: CrawlArguments

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  Scrapy's
        super().__init__()
        self.arguments = CrawlArguments.model_validate(given)
        self.arguments.check()

    def prepare(self, settings: Settings) -> None:
        self.shard, self.lists = lists_to_crawl(self.arguments, self.site, settings)

    async def start(self) -> AsyncIterator[Request]:
        for request in self.first_requests(self.lists):
            yield request

    def state_folder(self, settings: Settings) -> Path:
        return _of_shard(super().state_folder(settings), self.shard)

    def output_folder(self, settings: Settings) -> Path:
        return _of_shard(super().output_folder(settings), self.shard)

    def limits(self) -> Limits:
        return Limits(self.arguments.max_pages, self.arguments.until_known)

    def described(self) -> dict[str, str]:
        return {
            "companies": str(len(self.lists)),
            "languages": self.arguments.languages,
            "shard": str(self.shard),
            "until_known": str(self.arguments.until_known).lower(),
            "max_pages": str(self.arguments.max_pages),
        }


def lists_to_crawl(arguments: CrawlArguments, site: Site, settings: Settings) -> tuple[Shard, list[PageList]]:
    """The companies' reviews that a run is to read.

    Raises:
        UsageError: there are none, or the shard is none.
        OutputError: they stand in a database that is away.
    """
    try:
        shard = settings.shard if arguments.shard is None else Shard.parse(arguments.shard)
    except ValueError as error:
        raise UsageError(str(error)) from error
    companies = select_companies(_companies(arguments, settings), shard, arguments.max_companies)
    if not companies:
        raise UsageError(f"there are no companies to read in shard {shard}; run discover first, or name some")
    return shard, [
        PageList(each.company, site.reviews_url(each.company, arguments.languages), each.category, each.sub_category)
        for each in companies
    ]


def _companies(arguments: CrawlArguments, settings: Settings) -> Iterator[Company]:
    for name in arguments.company:
        yield Company(name)
    if arguments.companies is not None:
        yield from read_companies(arguments.companies)
    elif not arguments.company:
        # Nobody named a company: those that discover has put into the database, which the CronJob reads every night.
        from opine_scraping.database.companies import known_companies  # noqa: PLC0415  only where it is asked for

        for item in known_companies(database_url(settings), SOURCE):
            if is_company(item.company):
                yield Company(item.company, item.category, item.sub_category)


def _of_shard(folder: Path, shard: Shard) -> Path:
    # Shards run side by side, each with a lock, a progress and files of its own; another count is another division.
    return folder if shard.count == 1 else folder / f"shard-{shard.number}-of-{shard.count}"
