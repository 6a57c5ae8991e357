"""`opine-scraping discover | crawl`, also `python -m opine_scraping`.

What is read, and where it goes, are options; how politely, and who you are, are settings in the environment, prefix
OPINE_SCRAPING_ (the README lists them). Whether a site's terms allow this is yours to know before you begin.
"""

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import tyro
from opine_common.logs import configure_logging

from opine_scraping.arguments import CrawlArguments, DiscoverArguments
from opine_scraping.issues import ExitCode, UnavailableError, UsageError
from opine_scraping.settings import Settings, get_settings

if TYPE_CHECKING:
    from opine_scraping.spiders.paginated import PaginatedSpider


class Discover(DiscoverArguments):
    """Find companies: categories, their sub-categories, their companies; with a real browser.

    The CSV output writes companies.csv, which `crawl --companies` reads. A run that was stopped goes on where it was.
    """

    dry_run: bool = False
    """Say what would be fetched; only robots.txt is."""


class Crawl(CrawlArguments):
    """Read the reviews of companies, newest first, one request at a time.

    Companies come from --company and --companies, or else from the database. A run that was stopped or killed goes on
    where it was, without loss or repeat; once a run came by every company, the next one begins a new round.
    """

    dry_run: bool = False
    """Say what would be fetched; only robots.txt is."""


def main(arguments: Sequence[str] | None = None) -> int:
    command: Discover | Crawl = tyro.cli(Discover | Crawl, prog="opine_scraping", description=__doc__, args=arguments)
    settings = get_settings()
    configure_logging("scraping", json=settings.log_json)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.INFO)  # Scrapy sets its loggers to DEBUG
    try:
        command.check()
        return _show(command, settings) if command.dry_run else _run(command)
    except UsageError as error:
        sys.stderr.write(f"opine_scraping: {error}\n")
        return ExitCode.USAGE
    except UnavailableError as error:
        sys.stderr.write(f"opine_scraping: {error}\n")
        return ExitCode.UNAVAILABLE


def _run(command: Discover | Crawl) -> int:
    """Run the spider in this process; once a process, as Twisted starts only once."""
    # Scrapy and Selenium take a second that --help and a wrong option need not wait for.
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415
    from scrapy.settings import Settings as ScrapySettings  # noqa: PLC0415

    project = ScrapySettings()
    project.setmodule("opine_scraping.scrapy_settings", "project")
    project.set("LOG_INSTALL_ROOT_HANDLER", False, "cmdline")
    process = AsyncCrawlerProcess(project)
    # Scrapy sets itself to DEBUG, a line for each page; once a minute is enough.
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    logging.getLogger("scrapy.extensions.logstats").setLevel(logging.INFO)
    crawler = process.create_crawler("reviews" if isinstance(command, Crawl) else "companies")
    crawl = process.crawl(crawler, **command.model_dump(exclude={"dry_run"}))
    process.start()
    if crawl.cancelled():
        return ExitCode.INTERRUPTED
    if error := crawl.exception():
        raise error
    spider: PaginatedSpider = crawler.spider  # type: ignore[assignment]
    return spider.recorder.stats.exit_code()


def _show(command: Discover | Crawl, settings: Settings) -> int:
    """Say what a run would fetch, by the rules that it would obey."""
    from opine_scraping.fetch_policy import choose_site, read_policy, user_agent  # noqa: PLC0415
    from opine_scraping.spiders.reviews import lists_to_crawl  # noqa: PLC0415

    site = choose_site(command.site, settings)
    if isinstance(command, Crawl):
        urls = [entries.start_url for entries in lists_to_crawl(command, site, settings)[1]]
        then = "then each next page that one of these links to"
    else:
        urls = [site.categories_url]
        then = "then each sub-category that it links to, and each next page of those"
    policy = read_policy(site, settings)
    lines = [
        f"as {user_agent(settings.contact)}",
        f"one request every {max(settings.delay_s, policy.crawl_delay_s):g} s or more",
        f"fetched already: {site.robots_url}",
        *(f"{'robots.txt forbids' if policy.objection(url) else 'would fetch'} {url}" for url in urls),
        then,
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return ExitCode.COMPLETED
