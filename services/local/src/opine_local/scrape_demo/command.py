"""Serve the demo site, find its companies, read their reviews into the running Opine, and say what came of it."""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from opine_local.postgres import USER, database_url, running_port
from opine_local.refusal import Refusal
from opine_local.scrape_demo.app import running_app
from opine_local.scrape_demo.outcome import Outcome, read_outcome
from opine_local.scrape_demo.site import demo_site, scraping_environment
from opine_local.secrets_file import load_or_create
from opine_local.settings import Settings, local_settings

Say = Callable[[str], None]


def main(arguments: list[str] | None = None) -> str | None:
    """Run the demonstration until Ctrl-C.

    Returns:
        What the person must know if it went wrong, as `sys.exit` takes it.
    """
    parser = argparse.ArgumentParser("opine_local.scrape_demo", description="Shows the scraping on this machine.")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="Python with opine-scraping (default: this one)"
    )
    python = parser.parse_args(arguments).python
    # A polite kill and a terminal that goes away end it as Ctrl-C does.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            _show(local_settings(), python, stack)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return None
    except Refusal as refusal:
        return str(refusal)


def _show(settings: Settings, python: Path, stack: ExitStack) -> None:
    page_url = stack.enter_context(running_app(settings))
    secrets = load_or_create(settings.secrets_path)
    port = running_port(settings.data_dir)
    site_url = stack.enter_context(demo_site(python))
    _say(f"The demo site: {site_url}")
    environment = scraping_environment(
        settings.data_dir / "scrape-demo", database_url("opine_scraping", secrets.scraping_password, port)
    )
    for step in ("discover", "crawl"):
        _say(f"{step.capitalize()} ...")
        # The port of the site is another one each time: what was read of the last one is no progress of this one.
        command = [str(python), "-m", "opine_scraping", step, "--site", site_url, "--output", "database"]
        status = subprocess.run([*command, "--start-over"], env=environment, check=False).returncode  # noqa: S603  ours
        if status:
            raise Refusal(f"{step} ended with exit status {status}; the lines above say why.")
    for line in report(read_outcome(database_url(USER, secrets.database_password, port)), page_url):
        _say(line)


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


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  the command's output
