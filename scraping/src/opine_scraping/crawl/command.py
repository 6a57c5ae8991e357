"""`crawl`, from its options to its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from opine_scraping import dry_run
from opine_scraping.companies import Company, Shard, choose, read_companies
from opine_scraping.crawl import process
from opine_scraping.crawl.arguments import CrawlArguments
from opine_scraping.output_choice import choose_output, database_url, output_folder
from opine_scraping.parsers import REVIEWS
from opine_scraping.parsers.page import SOURCE
from opine_scraping.politeness import check_site, named_site, user_agent
from opine_scraping.reading.keeper import Limits
from opine_scraping.reading.record import Thresholds
from opine_scraping.reading.run import Run
from opine_scraping.reasons import Refusal
from opine_scraping.robots import read_robots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opine_scraping.cli import Crawl
    from opine_scraping.settings import Settings
    from opine_scraping.site import Site


def crawl(command: Crawl, settings: Settings) -> int:
    site = check_site(named_site(command.site, settings), settings)
    shard = _shard(command.shard, settings)
    companies = choose(_companies(command, settings), shard, command.max_companies)
    if not companies:
        raise Refusal(f"there are no companies to read in shard {shard}; run discover first, or name some")
    arguments = _arguments(site, companies, command.languages)
    agent = user_agent(settings.contact)
    robots = read_robots(site, agent)
    if command.dry_run:
        urls = [arguments.start_url(company) for company in companies]
        then = "then each next page that one of these links to"
        dry_run.show(site, robots, urls, delay_s=settings.delay_s, user_agent=agent, then=then)
        return 0
    run = Run(
        kind="crawl",
        folder=_of_shard(settings.state_dir / "crawl", shard),
        output=choose_output(command.output, _of_shard(output_folder(command.path, settings), shard), settings),
        parsers=tuple(parser.name for parser in REVIEWS),
        arguments={
            "site": site.url,
            "companies": str(len(companies)),
            "languages": command.languages,
            "shard": str(shard),
            "output": command.output,
            "until_known": str(command.until_known).lower(),
            "max_pages": str(command.max_pages),
        },
        thresholds=Thresholds(settings.max_page_error_share, settings.max_card_error_share),
        saved_copies=settings.saved_copies,
        limits=Limits(command.max_pages, command.until_known),
        start_over=command.start_over,
    )
    return run.perform(lambda keeper: process.crawl(arguments, settings, robots, keeper)).exit_code


def _arguments(site: Site, companies: list[Company], languages: str) -> CrawlArguments:
    try:
        return CrawlArguments(site=site, companies=tuple(companies), languages=languages)
    except ValidationError as error:
        raise Refusal(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error


def _shard(text: str | None, settings: Settings) -> Shard:
    try:
        return settings.shard if text is None else Shard.parse(text)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _of_shard(folder: Path, shard: Shard) -> Path:
    return folder if shard.count == 1 else folder / f"shard-{shard.number}-of-{shard.count}"


def _companies(command: Crawl, settings: Settings) -> Iterator[Company]:
    for name in command.company:
        yield Company(name)
    if command.companies is not None:
        yield from read_companies(command.companies)
    elif not command.company:
        from opine_scraping.database.company_source import DatabaseCompanies  # noqa: PLC0415  only where it is asked for

        for item in DatabaseCompanies(database_url(settings), SOURCE).companies():
            yield Company(item.company, item.category, item.sub_category)
