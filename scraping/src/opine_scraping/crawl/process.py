"""Runs the spider in this process."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from opine_scraping.crawl.scrapy_settings import scrapy_settings
from opine_scraping.crawl.spider import TrustpilotSpider
from opine_scraping.exit_codes import ExitCode

if TYPE_CHECKING:
    from opine_scraping.crawl.arguments import CrawlArguments
    from opine_scraping.reading.keeper import Keeper
    from opine_scraping.robots import Robots
    from opine_scraping.settings import Settings


def crawl(arguments: CrawlArguments, settings: Settings, robots: Robots, keeper: Keeper) -> None:
    """Read all that is left of the companies; once a process, as Twisted starts only once."""
    process = AsyncCrawlerProcess(scrapy_settings(settings, robots.crawl_delay_s))
    # Scrapy sets itself to DEBUG, a line for each page; once a minute is enough.
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    logging.getLogger("scrapy.extensions.logstats").setLevel(logging.INFO)
    crawler = process.create_crawler(TrustpilotSpider)

    def broken(**_: object) -> None:
        keeper.record.stop(ExitCode.INTERNAL)

    def closed(reason: str) -> None:
        if reason == "shutdown":
            keeper.record.stop(ExitCode.INTERRUPTED)

    crawler.signals.connect(broken, signals.spider_error, weak=False)
    crawler.signals.connect(closed, signals.spider_closed, weak=False)
    process.crawl(crawler, arguments=arguments, keeper=keeper, robots=robots)
    process.start()
