"""`discover`, from its options to its exit code."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from opine_scraping import dry_run
from opine_scraping.discover.browser import open_browser
from opine_scraping.discover.fetch import Fetcher
from opine_scraping.discover.walk import walk
from opine_scraping.output_choice import choose_output, output_folder
from opine_scraping.parsers import CATEGORIES, LISTINGS
from opine_scraping.politeness import check_site, named_site, user_agent
from opine_scraping.reading.keeper import Limits
from opine_scraping.reading.record import Thresholds
from opine_scraping.reading.run import Run
from opine_scraping.robots import read_robots

if TYPE_CHECKING:
    from opine_scraping.cli import Discover
    from opine_scraping.reading.keeper import Keeper
    from opine_scraping.settings import Settings


def discover(command: Discover, settings: Settings) -> int:
    site = check_site(named_site(command.site, settings), settings)
    agent = user_agent(settings.contact)
    robots = read_robots(site, agent)
    if command.dry_run:
        then = "then each sub-category that it links to, and each next page of those"
        dry_run.show(site, robots, [site.categories()], delay_s=settings.delay_s, user_agent=agent, then=then)
        return 0
    # A polite kill ends the run as Ctrl-C does: with a report.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = Run(
        kind="discover",
        folder=settings.state_dir / "discover",
        output=choose_output(command.output, output_folder(command.path, settings), settings),
        parsers=tuple(parser.name for parser in (*CATEGORIES, *LISTINGS)),
        arguments={
            "site": site.url,
            "only": ", ".join(command.only),
            "output": command.output,
            "max_pages": str(command.max_pages),
        },
        thresholds=Thresholds(settings.max_page_error_share, settings.max_card_error_share),
        saved_copies=settings.saved_copies,
        limits=Limits(command.max_pages),
        start_over=command.start_over,
    )

    def work(keeper: Keeper) -> None:
        with open_browser(settings) as browser:
            walk(site, Fetcher(browser, robots, settings), keeper, command.only)

    return run.perform(work).exit_code
