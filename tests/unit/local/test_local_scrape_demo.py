import datetime as dt
import sys
from pathlib import Path

import pytest
from opine_local.scrape_demo import Outcome, demo_site, report
from opine_local.settings import CommandError
from opine_reviews.models import ScrapeRun


def test_the_end_says_what_was_read_and_where_to_look() -> None:
    run = ScrapeRun(
        kind="crawl",
        outcome="completed",
        started_at=dt.datetime.now(dt.UTC),
        pages=38,
        items=1578,
        new_items=1554,
        changed_items=4,
        rejected={"no_stars": 1, "bad_card": 2},
    )
    assert report(Outcome([run], 24, "willow-lights-example"), "http://page") == [
        "crawl: completed, 38 pages, 1,578 read, 1,554 new, 4 changed, 3 rejected",
        "24 brands were read elsewhere; one of them: http://page/brands/willow-lights-example",
        "Ctrl-C ends the demo site, and Opine where it was started here.",
    ]
    assert len(report(Outcome([], 0, None), "http://page")) == 1


def test_a_site_that_does_not_start_is_told(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'print(\"no\")'\n")
    python.chmod(0o755)
    with pytest.raises(CommandError, match=r"The demo site did not start: .* says no\."), demo_site(python):
        pass
