"""A run's row, from its begin to its end, however it ends."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from opine_scraping.database.output import DatabaseOutput
from sqlalchemy import Engine, text

from tests.support import ROOT
from tests.support.scraping.items import company, report, review, start

# Keeps pages for ever, one line a page that is kept.
WRITER = """
import sys
from opine_scraping.database.output import DatabaseOutput
from tests.support.scraping.items import company, review, start
output = DatabaseOutput(sys.argv[1])
run = start()
output.open(run)
print(run.run_id, flush=True)
output.write([company()])
for page in range(int(sys.argv[2]), 10**9):
    output.write([review(page * 20 + number) for number in range(20)])
    print(page, flush=True)
"""


def _runs(engine: Engine) -> dict[str, dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM scrape_run")).mappings()
        return {row["run_id"]: dict(row) for row in rows}


def test_a_run_is_begun_counted_and_ended(output: DatabaseOutput, engine: Engine) -> None:
    run = start()
    output.open(run)
    begun = _runs(engine)[run.run_id]
    assert (begun["kind"], begun["started_at"], begun["ended_at"]) == ("crawl", run.started_at, None)
    output.write([company(), review(1)])
    output.write([review(1, text="other"), review(2)])
    counted = _runs(engine)[run.run_id]
    assert [counted[name] for name in ("items", "new_items", "changed_items", "duplicates")] == [4, 3, 1, 1]
    error = {"url": "https://a.example/", "reason": "unknown_markup: x", "saved_copy": None}
    ended = report(run, rejected={"unknown_markup": 1}, errors=(error,), outcome="failed", exit_code=65)
    output.close(ended)
    row = _runs(engine)[run.run_id]
    expected = ended.model_dump(mode="python") | {"errors": [error], "changed_items": 1}
    assert {name: row[name] for name in expected} == expected


def test_a_killed_run_is_ended_by_the_next_and_a_live_one_is_not(
    output: DatabaseOutput, engine: Engine, database_url: str
) -> None:
    killed, live = (
        subprocess.Popen(
            [sys.executable, "-c", WRITER, database_url, first], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for first in ("0", "1000000")
    )
    try:
        ids = []
        for process in (killed, live):
            assert process.stdout is not None
            ids.append(process.stdout.readline().strip())
            process.stdout.readline()
        killed.kill()
        killed.wait()
        run = start("discover")
        output.open(run)
        found = _runs(engine)
        assert [(found[one]["outcome"], found[one]["exit_code"]) for one in ids] == [("interrupted", 137), (None, None)]
        assert found[ids[0]]["new_items"] >= 20
        assert found[run.run_id]["ended_at"] is None
    finally:
        for process in (killed, live):
            process.kill()
            process.communicate()


def test_a_report_that_comes_late_completes_the_row(output: DatabaseOutput, engine: Engine) -> None:
    dead, run = start(), start()
    with engine.begin() as connection:
        row = "INSERT INTO scrape_run (run_id, kind, started_at) VALUES (:run_id, 'crawl', now())"
        connection.execute(text(row), {"run_id": dead.run_id})
    output.open(run)
    assert _runs(engine)[dead.run_id]["outcome"] == "interrupted"
    output.close(report(dead, outcome="interrupted", exit_code=137, pages=7))
    assert _runs(engine)[dead.run_id]["pages"] == 7
    # The run itself goes on.
    output.write([company()])
    output.close(report(run))
    assert _runs(engine)[run.run_id]["outcome"] == "completed"


def test_many_errors_are_cut_to_what_the_column_takes(output: DatabaseOutput, engine: Engine) -> None:
    run = start()
    output.open(run)
    errors = tuple({"url": "https://a.example/" + "ä" * 480, "reason": "😀" * 500} for _ in range(100))
    output.close(report(run, errors=errors))
    assert 10 < len(_runs(engine)[run.run_id]["errors"]) < 100


@pytest.mark.parametrize("kills", [5])
def test_whenever_it_is_killed_nothing_is_lost_or_twice(engine: Engine, database_url: str, kills: int) -> None:
    told = 0
    for number in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, database_url, str(told)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(1 + number % 3):
            told = int(process.stdout.readline()) + 1
        os.kill(process.pid, signal.SIGKILL)
        # What it still said before it died was committed too.
        rest = process.communicate()[0].split()
        told = int(rest[-1]) + 1 if rest else told
    with engine.connect() as connection:
        ids = set(connection.scalars(text("SELECT source_review_id FROM scraped_review")))
        counted = connection.scalar(text("SELECT stars_1 + stars_2 + stars_3 + stars_4 + stars_5 FROM scraped_count"))
    # The last page may be committed without having been told.
    assert {f"review-{number}" for number in range(told * 20)} <= ids
    assert len(ids) == counted
    assert len(ids) in {told * 20, told * 20 + 20}
