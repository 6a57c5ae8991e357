"""What an item passes on its way from a spider to the output.

Items are checked and rid of names where they are made: a parser alone knows whom its page names, and no name is to
leave it. So what comes here is valid, and is written with the rest of its page, so that a page is kept as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from opine_scraping.items import CompanyItem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from opine_scraping.items import Item
    from opine_scraping.run import RunRecorder


class DuplicatesPipeline:
    """Drops the company that heads each page of its reviews, once a run has it; for the reviews spider.

    Reviews go on to the output, which knows them by their ids, those of earlier runs too.
    """

    def __init__(self) -> None:
        # In memory: two short texts a company, not its reviews.
        self._companies: set[tuple[str, str]] = set()

    def process_item(self, item: Item) -> Item:
        if isinstance(item, CompanyItem):
            key = (item.source, item.company)
            if key in self._companies:
                raise DropItem("the company was written with an earlier page", log_level="DEBUG")
            self._companies.add(key)
        return item


class WriterPipeline:
    """Holds a page's items until the spider has all of them (`spiders/paginated.py`)."""

    def __init__(self, recorder: RunRecorder | None) -> None:
        self._recorder = recorder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WriterPipeline:
        # Scrapy's shell, and spiders that are tried out, have no recorder.
        return cls(getattr(crawler.spider, "recorder", None))

    def process_item(self, item: Item) -> Item:
        if self._recorder is not None:
            self._recorder.add(item)
        return item
