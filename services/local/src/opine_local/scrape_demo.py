"""`make scrape-demo`: the whole way from a site to a brand's page, on this machine."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from opine_reviews.models import Brand, ScrapedReview, ScrapeRun
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from opine_local.postgres import USER, database_url, running_port
from opine_local.services import run_command, running_app, say
from opine_local.settings import (
    CommandError,
    Settings,
    inherited_environment,
    load_or_create_secrets,
    local_settings,
)

_SITE_URL = re.compile(r"http://\S+")
# Enough to page through, and read within a minute.
_SITE_SIZE = ("--companies", "2", "--reviews", "45")


def main(arguments: list[str] | None = None) -> str | None:
    """Run the demonstration until Ctrl-C; returns as `run_command`."""
    parser = argparse.ArgumentParser("opine_local.scrape_demo", description="Shows the scraping on this machine.")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="Python with opine-scraping (default: this one)"
    )
    python = parser.parse_args(arguments).python
    return run_command(lambda: _run(python))


def _run(python: Path) -> None:
    with ExitStack() as stack:
        _show(local_settings(), python, stack)
        while True:
            time.sleep(3600)


def _show(settings: Settings, python: Path, stack: ExitStack) -> None:
    page_url = stack.enter_context(running_app(settings))
    secrets = load_or_create_secrets(settings.secrets_path)
    port = running_port(settings.data_dir)
    site_url = stack.enter_context(demo_site(python))
    say(f"The demo site: {site_url}")
    environment = inherited_environment() | {
        "OPINE_SCRAPING_DATABASE_URL": database_url("opine_scraping", secrets.scraping_password, port),
        "OPINE_SCRAPING_STATE_DIR": str(settings.data_dir / "scrape-demo"),
        "OPINE_SCRAPING_LOG_JSON": "false",
        # The site is this machine's own.
        "OPINE_SCRAPING_THROTTLE": "false",
        # Chromium's sandbox does not work under root.
        **({"OPINE_SCRAPING_BROWSER_SANDBOX": "false"} if os.geteuid() == 0 else {}),
    }
    for step in ("discover", "crawl"):
        say(f"{step.capitalize()} ...")
        # The port of the site is another one each time: what was read of the last one is no progress of this one.
        command = [str(python), "-m", "opine_scraping", step, "--site", site_url, "--output", "database"]
        status = subprocess.run([*command, "--start-over"], env=environment, check=False).returncode  # noqa: S603  ours
        if status:
            raise CommandError(f"{step} ended with exit status {status}; the lines above say why.")
    for line in report(read_outcome(database_url(USER, secrets.database_password, port)), page_url):
        say(line)


@contextmanager
def demo_site(python: Path) -> Iterator[str]:
    """Serve the scraping's demo site on a free port; its URL.

    Raises:
        CommandError: it did not start; the message has what it printed.
    """
    command = [str(python), "-m", "opine_demo_site", "--port", "0", *_SITE_SIZE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inherited_environment()) as process:  # noqa: S603  ours
        try:
            first = "" if process.stdout is None else process.stdout.readline()
            found = _SITE_URL.search(first)
            if found is None:
                raise CommandError(
                    f"The demo site did not start: {' '.join(command)} says {first.strip() or 'nothing'}."
                )
            yield found[0]
        finally:
            process.terminate()


@dataclass(frozen=True)
class Outcome:
    """What the database has after the runs."""

    runs: Sequence[ScrapeRun]
    brand_count: int
    # A brand that came by scraping, with many reviews; None: there is none.
    brand: str | None


def read_outcome(database_url: str) -> Outcome:
    """The last two runs, oldest first, and what became of them."""
    engine = create_engine(database_url)
    try:
        with Session(engine) as session:
            last = session.scalars(select(ScrapeRun).order_by(ScrapeRun.id.desc()).limit(2)).all()
            scraped = select(func.count()).where(Brand.origin == "scraped")
            most_read = (
                select(ScrapedReview.brand_slug)
                .join(Brand, Brand.slug == ScrapedReview.brand_slug)
                .where(Brand.origin == "scraped")
                .group_by(ScrapedReview.brand_slug)
                .order_by(func.max(ScrapedReview.read_at).desc(), func.count().desc(), ScrapedReview.brand_slug)
                .limit(1)
            )
            return Outcome(last[::-1], session.scalar(scraped) or 0, session.scalar(most_read))
    finally:
        engine.dispose()


def report(outcome: Outcome, page_url: str) -> list[str]:
    """What a person is told at the end."""
    lines = [
        f"{run.kind}: {run.outcome}, {run.pages:,} pages, {run.items:,} read, {run.new_items:,} new, "
        f"{run.changed_items:,} changed, {sum(run.rejected.values()):,} rejected"
        for run in outcome.runs
    ]
    if outcome.brand is not None:
        lines.append(
            f"{outcome.brand_count:,} brands were read elsewhere; one of them: {page_url}/brands/{outcome.brand}"
        )
    return [*lines, "Ctrl-C ends the demo site, and Opine where it was started here."]


if __name__ == "__main__":
    sys.exit(main())
