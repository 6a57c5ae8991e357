"""The whole way: real Scrapy over HTTP from the demo site into files."""

import csv
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Literal

import psutil
import pytest
from opine_demo_site.catalogue import Catalogue, Company
from opine_demo_site.server import DemoServer

from tests.support.scraping.run import Program, pages_asked, parquet_rows, serving


def ordinary(catalogue: Catalogue) -> list[Company]:
    return [company for company in catalogue.companies.values() if company.category != "Oddities"]


def listed(file: Path, companies: list[Company]) -> list[str]:
    file.write_text("".join(f"{line}\n" for line in ["company", *(company.domain for company in companies)]))
    return ["--companies", str(file)]


@pytest.mark.parametrize("markup", ["2019", "today"])
def test_every_review_of_every_company_is_read_once(
    program: Program, markup: Literal["2019", "today"], tmp_path: Path
) -> None:
    catalogue = Catalogue(companies_per_sub_category=1, most_reviews=60, markup=markup)
    companies = ordinary(catalogue)
    with serving(catalogue) as server:
        ended = program.run("crawl", *listed(tmp_path / "companies.csv", companies), SITE_URL=server.url)
    assert (ended.code, ended.report.outcome, ended.report.rejected) == (0, "completed", {})
    made = {
        review.id: (company.domain, review.stars, review.published)
        for company in companies
        for review in (catalogue.review(company, index) for index in range(company.review_count))
    }
    rows = parquet_rows(tmp_path / "output")
    assert len(rows) == len(made)
    assert {row["source_review_id"]: (row["company"], row["rating"], row["reviewed_at"]) for row in rows} == made
    assert ended.report.new_items == len(made) + len(companies)
    assert ended.report.pages == sum(-(-company.review_count // 20) for company in companies)


def test_csv_has_the_original_columns(program: Program, catalogue: Catalogue, tmp_path: Path) -> None:
    company = ordinary(catalogue)[0]
    assert program.run("crawl", "--company", company.domain, "--output", "csv").code == 0
    with (tmp_path / "output/reviews.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert Counter(row["rating"] for row in rows) == Counter(
        str(catalogue.review(company, index).stars) for index in range(company.review_count)
    )
    assert {row["company_name"] for row in rows} == {company.name}


def test_a_second_round_finds_nothing_new_and_stops_early(program: Program, server: DemoServer, tmp_path: Path) -> None:
    arguments = ("crawl", "--company", "empty-reviews-today.example", "--until-known")
    assert program.run(*arguments).report.pages == 2
    again = program.run(*arguments)
    assert (again.report.pages, again.report.new_items, again.report.duplicates) == (1, 0, 21)
    assert len(parquet_rows(tmp_path / "output")) == 33
    assert len(pages_asked(server)) == 3


def test_shards_read_everything_once_between_them(program: Program, catalogue: Catalogue, tmp_path: Path) -> None:
    companies = ordinary(catalogue)[:6]
    arguments = ("crawl", *listed(tmp_path / "companies.csv", companies), "--max-pages", "1", "--shard")
    assert [program.run(*arguments, f"{number}/2").code for number in (1, 2)] == [0, 0]
    rows = [row for number in (1, 2) for row in parquet_rows(tmp_path / f"output/shard-{number}-of-2")]
    assert len(rows) == len({row["source_review_id"] for row in rows})
    assert {row["company"] for row in rows} == {company.domain for company in companies}


def test_a_polite_kill_ends_the_run_with_a_report_and_it_goes_on(
    program: Program, server: DemoServer, tmp_path: Path
) -> None:
    arguments = ("crawl", "--company", "slow-today.example", "slow-2019.example")
    with program.start(*arguments) as process:
        while not pages_asked(server):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 75
    ended = program.run(*arguments)
    assert ended.code == 0
    assert [report.outcome for report in ended.reports()] == ["interrupted", "completed"]
    assert len(parquet_rows(tmp_path / "output")) == 66


def test_nobody_listens_on_a_port_of_a_run(program: Program, server: DemoServer) -> None:
    with program.start("crawl", "--company", "slow-today.example") as process:
        while not pages_asked(server):
            time.sleep(0.02)
        sockets = psutil.Process(process.pid).net_connections("inet")
        process.kill()
    assert sockets, "that to the site"
    assert psutil.CONN_LISTEN not in {socket.status for socket in sockets}


def test_a_second_run_in_the_same_folder_is_kept_out(program: Program, server: DemoServer) -> None:
    with program.start("crawl", "--company", "slow-today.example") as first:
        while not pages_asked(server):
            time.sleep(0.02)
        second = program.run("crawl", "--company", "slow-2019.example")
        assert (second.code, "another run is at work" in second.stderr) == (69, True)
        first.communicate(timeout=60)
    assert first.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--company", "x.example", "--shard", "3/2"), "there is no shard 3 of 2"),
        (("--company", "x.example", "--languages", "English"), "languages"),
        (("--companies", "missing.csv"), "cannot be read"),
        (("--company", "x.example", "--max-pages", "0"), "--max-pages"),
        ((), "OPINE_SCRAPING_DATABASE_URL"),
        (("--company", "x.example", "--site", "https://www.example.org"), "OPINE_SCRAPING_CONTACT"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked_for(
    program: Program, server: DemoServer, arguments: tuple[str, ...], said: str
) -> None:
    ended = program.run("crawl", *arguments)
    assert ended.code == 2
    assert said in ended.stderr
    assert not server.site.asked
