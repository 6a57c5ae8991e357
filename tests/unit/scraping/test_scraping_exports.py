"""The CSV and Parquet outputs, also after a kill in the middle of a write."""

import codecs
import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from opine_scraping.exports.csv_output import COMPANY_COLUMNS, REVIEW_COLUMNS, CsvOutput
from opine_scraping.exports.parquet_output import ParquetOutput
from opine_scraping.items import CompanyItem, Item, ReviewItem, RunReport, RunStart
from opine_scraping.outputs import OutputError, Written
from opine_scraping.parsers import REVIEWS, choose_parser
from opine_scraping.parsers.page import Page
from opine_scraping.run import RunStats, Thresholds
from pyarrow import dataset

PageOf = Callable[[str], Page]


@pytest.fixture
def items(page_of: PageOf) -> tuple[Item, ...]:
    page = page_of("/review/empty-reviews-today.example")
    return choose_parser(REVIEWS, page).parse(page).items


@pytest.fixture
def report(run_start: RunStart) -> RunReport:
    return RunStats(run_start, Thresholds(0, 0)).report()


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as handle:
        return list(csv.reader(handle))


def test_csv_has_the_columns_of_2019(tmp_path: Path, run_start: RunStart, items: tuple[Item, ...]) -> None:
    output = CsvOutput(tmp_path)
    output.open(run_start)
    assert output.write(items) == Written(20, 0)
    assert output.write(items) == Written(0, 20)
    header, *body = rows(tmp_path / "reviews.csv")
    assert header == list(REVIEW_COLUMNS)
    company, *reviews = items
    assert isinstance(company, CompanyItem)
    for row, review in zip(body, reviews, strict=True):
        assert isinstance(review, ReviewItem)
        comment = review.text or review.title
        assert row == [comment, str(review.stars), review.source_url, company.name, company.website, company.logo]


def test_csv_of_discover(tmp_path: Path, run_start: RunStart, items: tuple[Item, ...]) -> None:
    output = CsvOutput(tmp_path)
    output.open(run_start.model_copy(update={"kind": "discover"}))
    assert output.write(items[:1]) == Written(1, 0)
    header, row = rows(tmp_path / "companies.csv")
    assert header == list(COMPANY_COLUMNS)
    assert row == ["Oddities", "Odd Shops", "http://127.0.0.1:8060/review/empty-reviews-today.example"]


def test_csv_rows_behind_the_last_commit_are_cut_off(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    output = CsvOutput(tmp_path)
    output.open(run_start)
    output.write(items[:5])
    output.close(report)
    with (tmp_path / "reviews.csv").open("a") as handle:
        handle.write('"torn in the midd')
    again = CsvOutput(tmp_path)
    again.open(run_start)
    assert again.write(items) == Written(16, 4)
    assert len(rows(tmp_path / "reviews.csv")) == 21
    assert {len(row) for row in rows(tmp_path / "reviews.csv")} == {len(REVIEW_COLUMNS)}


def test_csv_that_somebody_shortened_is_refused(tmp_path: Path, run_start: RunStart, items: tuple[Item, ...]) -> None:
    output = CsvOutput(tmp_path)
    output.open(run_start)
    output.write(items)
    (tmp_path / "reviews.csv").write_text("")
    with pytest.raises(OutputError, match="shorter"):
        CsvOutput(tmp_path).open(run_start)


@pytest.mark.parametrize("output", [CsvOutput, ParquetOutput])
def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, run_start: RunStart, output: type[CsvOutput | ParquetOutput]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written to"):
        output(tmp_path / "file").open(run_start)


def test_parquet_is_partitioned_and_says_what_was_read(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    output = ParquetOutput(tmp_path)
    output.open(run_start)
    assert output.write(items) == Written(21, 0)
    assert output.write(items) == Written(0, 21)
    assert not list(tmp_path.glob("**/*.parquet")), "a part for each page would be thousands of files"
    output.close(report)
    read = {
        row["source_review_id"]: row
        for row in dataset.dataset(tmp_path / "reviews", partitioning="hive").to_table().to_pylist()
    }
    reviews = [item for item in items if isinstance(item, ReviewItem)]
    assert len(read) == len(reviews)
    for review in reviews:
        row = read[review.source_review_id]
        assert (row["text"], row["rating"]) == (review.text or review.title, review.stars)
        assert (row["source"], row["language"], row["reviewed_at"]) == ("trustpilot", "en", review.reviewed_at)
        assert "reply" not in row
    (company,) = dataset.dataset(tmp_path / "companies", partitioning="hive").to_table().to_pylist()
    assert company["company"] == "empty-reviews-today.example"


def test_parquet_without_a_language_is_unknown(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    output = ParquetOutput(tmp_path)
    output.open(run_start)
    output.write([items[1].model_copy(update={"language": None})])
    output.close(report)
    table = dataset.dataset(tmp_path / "reviews", partitioning="hive").to_table()
    assert table.column("language").to_pylist() == ["unknown"]


@pytest.mark.parametrize("rows_per_part", [8, 1000])
def test_parquet_survives_a_kill_before_and_between_its_parts(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport, rows_per_part: int
) -> None:
    for first in range(0, len(items), 3):
        # No close: each of these runs is killed after its write, the last but one in the middle of a part.
        output = ParquetOutput(tmp_path, rows_per_part)
        output.open(run_start)
        assert output.write(items[: first + 3]) == Written(3, first)
        stray = tmp_path / "reviews/source=trustpilot/language=en/part-torn.parquet"
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"PAR1")
    last = ParquetOutput(tmp_path, rows_per_part)
    last.open(run_start)
    last.close(report)
    table = dataset.dataset(tmp_path / "reviews", partitioning="hive").to_table()
    ids = [item.source_review_id for item in items if isinstance(item, ReviewItem)]
    assert sorted(table.column("source_review_id").to_pylist()) == sorted(ids)


@pytest.mark.parametrize(("cell", "kept"), [("a;=1+1", "a;'=1+1"), ("-5", "-5")])
def test_no_cell_runs_whatever_the_separator(
    cell: str, kept: str, tmp_path: Path, run_start: RunStart, items: tuple[Item, ...]
) -> None:
    output = CsvOutput(tmp_path)
    output.open(run_start)
    output.write([items[0], items[1].model_copy(update={"text": cell})])
    assert rows(tmp_path / "reviews.csv")[1][0] == kept


def test_a_byte_order_mark_stands_once_at_the_beginning(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    for number in (10, 20):
        output = CsvOutput(tmp_path, bom=True)
        output.open(run_start)
        output.write(items[:number])
        output.close(report)
    content = (tmp_path / "reviews.csv").read_bytes()
    assert content.startswith(codecs.BOM_UTF8)
    assert content.count(codecs.BOM_UTF8) == 1


def test_a_value_from_outside_is_no_part_of_a_path(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    output = ParquetOutput(tmp_path / "in/here")
    output.open(run_start)
    output.write([items[1].model_copy(update={"source": "x/../../../../../PWN"})])
    output.close(report)
    (part,) = tmp_path.rglob("*.parquet")
    assert part.parent.parent.parent == tmp_path / "in/here/reviews"


def test_an_item_that_an_earlier_version_held_and_that_is_none_stops_nothing(
    tmp_path: Path, run_start: RunStart, items: tuple[Item, ...], report: RunReport
) -> None:
    output = ParquetOutput(tmp_path)
    output.open(run_start)
    output.write([items[1].model_copy(update={"language": "../x"}), items[2]])
    output.close(report)
    assert dataset.dataset(tmp_path / "reviews", partitioning="hive").count_rows() == 1
