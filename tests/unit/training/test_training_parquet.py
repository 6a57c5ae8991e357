"""What the scraping leaves for training is read by it: the partitions by source are tables."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from opine_scraping.exports.parquet_output import ParquetOutput
from opine_scraping.items import CompanyItem, ReviewItem, RunStart
from opine_training.config import ReadConfig
from opine_training.reviews import DataError, LeftOut, review_files

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def review(number: int, source: str, language: str | None) -> ReviewItem:
    return ReviewItem(
        source=source,
        source_review_id=f"{source}-{number}",
        company="shop.example",
        text=f"The parcel came on day {number}",
        stars=1 + number % 5,
        reviewed_at=NOW,
        language=language,
        source_url="https://reviews.example/shop",
        read_at=NOW,
        parser="test/1",
    )


@pytest.fixture
def scraped(tmp_path: Path) -> Path:
    output = ParquetOutput(tmp_path, rows_per_part=3)
    output.open(RunStart(run_id="0f6c", kind="crawl", started_at=NOW, parsers=("test/1",), arguments={}))
    output.write([review(number, "here", "en") for number in range(4)])
    company = {"company": "shop.example", "name": "Shop", "source_url": "https://reviews.example/shop"}
    output.write([CompanyItem(source="here", read_at=NOW, parser="test/1", **company)])
    output.write([review(number, "here", "de") for number in (4, 5)])
    output.write([review(number, "there", None) for number in range(3)])
    return tmp_path


def stars_by_source(data: Path) -> dict[str, list[int]]:
    return {file.name: sorted(row.stars for row in file.rows(LeftOut())) for file in review_files(data, ReadConfig())}


def test_partitions_are_tables_by_source(scraped: Path) -> None:
    assert stars_by_source(scraped) == {"here": [1, 1, 2, 3, 4, 5], "there": [1, 2, 3]}


def test_one_language_can_be_named(scraped: Path) -> None:
    assert stars_by_source(scraped / "reviews/source=here/language=en") == {"here": [1, 2, 3, 4]}


def test_a_file_by_itself_is_a_table(scraped: Path, tmp_path: Path) -> None:
    (part,) = (scraped / "reviews/source=there").rglob("*.parquet")
    folder = tmp_path / "plain"
    folder.mkdir()
    part.rename(folder / "mine.parquet")
    assert stars_by_source(folder) == {"mine": [1, 2, 3]}
    assert stars_by_source(folder / "mine.parquet") == {"mine": [1, 2, 3]}


def test_a_truncated_part_is_named(scraped: Path) -> None:
    (part,) = (scraped / "reviews/source=there").rglob("*.parquet")
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(DataError, match=rf"{part.name}: damaged .*; fetch it again"):
        review_files(scraped, ReadConfig())


def test_parquet_without_reviews_is_no_table(scraped: Path) -> None:
    with pytest.raises(DataError, match=r"no \.csv, \.csv\.gz or \.parquet file here with the columns rating, text"):
        review_files(scraped / "companies", ReadConfig())
