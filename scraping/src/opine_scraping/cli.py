"""`python -m opine_scraping discover | crawl | serve-demo-site`.

What is read, and where it goes, are options; how politely, and who you are, are settings in the environment, prefix
OPINE_SCRAPING_ (the README lists them). Whether a site's terms allow this is yours to know before you begin.
"""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from opine_common.logs import configure_logging

from opine_scraping.exit_codes import ExitCode
from opine_scraping.reasons import Refusal, UnavailableError
from opine_scraping.settings import Settings, get_settings

OutputKind = Literal["csv", "parquet", "database"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """Find companies: categories, their sub-categories, their companies; with a real browser.

    The CSV output writes companies.csv, which `crawl --companies` reads. A run that was stopped goes on where it was.
    """

    site: str | None = None
    """Scheme and host, such as https://www.example.org; given here or as OPINE_SCRAPING_SITE_URL."""
    only: tuple[str, ...] = ()
    """Names of categories or sub-categories; none: all."""
    output: OutputKind = "csv"
    """csv and parquet write files, database the app's tables."""
    path: Path | None = None
    """Folder of the files; default OPINE_SCRAPING_OUTPUT_DIR."""
    max_pages: int | None = None
    """Most pages of one sub-category."""
    start_over: bool = False
    """Forget how far an unfinished run came."""
    dry_run: bool = False
    """Say what would be fetched; only robots.txt is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """Read the reviews of companies, newest first, one request at a time.

    Companies come from --company and --companies, or else from the database. A run that was stopped or killed goes on
    where it was, without loss or repeat; a run that completes ends the round, and the next one begins a new round.
    """

    site: str | None = None
    """Scheme and host, such as https://www.example.org; given here or as OPINE_SCRAPING_SITE_URL."""
    company: tuple[str, ...] = ()
    """Names as in the site's addresses, such as example.org."""
    companies: Path | None = None
    """CSV with a column `company` or `company_url`, as discover writes it."""
    output: OutputKind = "parquet"
    """csv has the columns of 2019, parquet partitions for training, database the app's tables."""
    path: Path | None = None
    """Folder of the files; default OPINE_SCRAPING_OUTPUT_DIR. A shard writes into a folder of its own in it."""
    languages: str = "all"
    """`all`, or one language such as `en`."""
    until_known: bool = False
    """Stop at a company's first page that holds nothing new, if it was once read to its end: for every night."""
    max_pages: int | None = None
    """Most pages of one company."""
    max_companies: int | None = None
    """Most companies."""
    shard: str | None = None
    """A part of the companies, such as 3/8; default by OPINE_SCRAPING_SHARDS and JOB_COMPLETION_INDEX."""
    start_over: bool = False
    """Forget how far an unfinished round came."""
    dry_run: bool = False
    """Say what would be fetched; only robots.txt is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeDemoSite:
    """Serve a review site of made-up companies on this machine, to try the two others on.

    The same options give the same site, word for word.
    """

    host: str = "127.0.0.1"
    port: int = 8060
    """0: any free one, which the first line names."""
    seed: int = 1
    companies: int = 5
    """Companies in each of the 12 sub-categories."""
    reviews: int = 90
    """Most reviews of a company."""
    huge: int = 0
    """Reviews of one more company, huge.example, with 100 a page."""
    markup: Literal["2019", "today", "mixed"] = "mixed"
    """Of all pages; mixed: both."""
    misbehaving: bool = False
    """Add companies such as challenge-2019.example, each of which does something wrong."""


Command = Discover | Crawl | ServeDemoSite


def main(arguments: Sequence[str] | None = None) -> int:
    command: Command = tyro.cli(Command, prog="opine_scraping", description=__doc__, args=arguments)
    if isinstance(command, ServeDemoSite):
        return _serve(command)
    settings = get_settings()
    configure_logging("scraping", json=settings.log_json)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.INFO)  # Scrapy sets its loggers to DEBUG
    try:
        return _run(command, settings)
    except Refusal as refusal:
        sys.stderr.write(f"opine_scraping: {refusal}\n")
        return ExitCode.USAGE
    except UnavailableError as error:
        sys.stderr.write(f"opine_scraping: {error}\n")
        return ExitCode.UNAVAILABLE


def _run(command: Discover | Crawl, settings: Settings) -> int:
    if command.max_pages is not None and command.max_pages < 1:
        raise Refusal("--max-pages must be 1 or more")
    # Scrapy and Selenium take a second that --help and a wrong option need not wait for.
    if isinstance(command, Discover):
        from opine_scraping.discover.command import discover  # noqa: PLC0415

        return discover(command, settings)
    from opine_scraping.crawl.command import crawl  # noqa: PLC0415

    return crawl(command, settings)


def _serve(command: ServeDemoSite) -> int:
    from opine_scraping.demo_site.catalogue import Catalogue  # noqa: PLC0415
    from opine_scraping.demo_site.server import serve  # noqa: PLC0415

    catalogue = Catalogue(
        seed=command.seed,
        companies_per_sub_category=command.companies,
        most_reviews=command.reviews,
        huge_reviews=command.huge,
        markup=command.markup,
        misbehaving=command.misbehaving,
    )
    return serve(catalogue, command.host, command.port)
