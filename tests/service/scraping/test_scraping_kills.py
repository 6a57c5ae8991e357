"""Killed at random moments again and again: no review is lost, none comes twice."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer

from tests.support.scraping.run import Program, pages_asked, parquet_rows

KILLS = 20


@pytest.fixture
def catalogue() -> Catalogue:
    """More pages than the killed runs can come by."""
    return Catalogue(companies_per_sub_category=2, most_reviews=180)


def test_no_review_is_lost_or_comes_twice(
    program: Program, catalogue: Catalogue, server: DemoServer, tmp_path: Path
) -> None:
    rng = random.Random(7)
    arguments = ("crawl", "--output", "parquet", "--company", *catalogue.companies)
    for _ in range(KILLS):
        enough = len(pages_asked(server)) + rng.randint(1, 4)
        with program.start(*arguments) as process:
            # Between the request for a page, its parsing, its write, its commit and the request for the next one.
            while len(pages_asked(server)) < enough and process.poll() is None:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.03))
            assert process.poll() is None, "the site is too small for this many kills"
            process.kill()
    ended = program.run(*arguments)
    assert (ended.code, ended.report.rejected) == (0, {})
    rows = parquet_rows(tmp_path / "output")
    made = [
        (review.id, review.stars)
        for company in catalogue.companies.values()
        for review in (catalogue.review(company, index) for index in range(company.review_count))
    ]
    assert Counter((row["source_review_id"], row["rating"]) for row in rows) == Counter(made)
    assert Counter(report.outcome for report in ended.reports()) == {"interrupted": KILLS, "completed": 1}
    # It went on where it was: each kill makes a page or two come again, not all that were read.
    asked = pages_asked(server)
    assert len(asked) <= len(set(asked)) + 2 * KILLS
