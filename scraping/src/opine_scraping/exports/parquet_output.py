"""Parquet for training, partitioned by source and language.

A page's items are held in the ledger, which is durable, until there are enough for a part. Where a review has no text
its title stands for it; replies stay out, because they speak to people.
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa
from pyarrow import parquet

from opine_scraping.exports.ledger import Ledger, kind_of, output_errors
from opine_scraping.items import CompanyItem, Item, ReviewItem, RunReport, RunStart
from opine_scraping.outputs import Written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROWS_PER_PART = 20_000  # some megabytes: smaller parts slow a reader down
# Hive's own name for null leaves pyarrow without a type where no review has a language.
_NO_LANGUAGE = "unknown"

_TIME = pa.timestamp("ms", tz="UTC")
_COMMON = [("company", pa.string()), ("source_url", pa.string()), ("read_at", _TIME), ("parser", pa.string())]
REVIEW_SCHEMA = pa.schema(
    [
        ("source_review_id", pa.string()),
        ("text", pa.string()),
        ("title", pa.string()),
        ("rating", pa.int8()),
        ("reviewed_at", _TIME),
        ("country", pa.string()),
        ("verified", pa.bool_()),
        *_COMMON,
    ]
)
COMPANY_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("name", "website", "logo", "category", "sub_category")] + _COMMON
)


class ParquetOutput:
    """Parts of some thousand rows. Only those that the ledger names count."""

    def __init__(self, folder: Path, rows_per_part: int = ROWS_PER_PART) -> None:
        self._folder = folder
        self._rows_per_part = rows_per_part

    def open(self, run: RunStart) -> None:
        self._run_id = run.run_id
        with output_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._ledger = Ledger(self._folder / "ledger.sqlite")
            self._held = self._ledger.count_held()
            known = self._ledger.parts()
            for file in self._folder.glob("**/*.parquet*"):
                if str(file.relative_to(self._folder)) not in known:
                    # Written by a run that was killed before it could say so; the ledger still holds its rows.
                    file.unlink()

    def write(self, items: Sequence[Item]) -> Written:
        with output_errors(self._folder):
            with self._ledger.transaction():
                new = self._ledger.add(items)
                self._ledger.hold(new)
            self._held += len(new)
            if self._held >= self._rows_per_part:
                self._flush()
        return Written(len(new), len(items) - len(new))

    def close(self, report: RunReport) -> None:
        if report.run_id == self._run_id:
            with output_errors(self._folder):
                self._flush()
                self._ledger.close()

    def _flush(self) -> None:
        for kind in ("company", "review"):
            partitions: dict[str, list[Item]] = defaultdict(list)
            for item in self._ledger.held(kind):
                partitions[_partition(item)].append(item)
            # Written first and named afterwards: a part that nobody names is removed by the next run.
            files = [self._write_part(partition, items) for partition, items in partitions.items()]
            with self._ledger.transaction():
                self._ledger.release(kind, files)
        self._held = 0

    def _write_part(self, partition: str, items: Sequence[Item]) -> str:
        name = f"{partition}/part-{uuid.uuid4().hex}.parquet"
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = REVIEW_SCHEMA if kind_of(items[0]) == "review" else COMPANY_SCHEMA
        table = pa.Table.from_pylist([_row(item) for item in items], schema=schema)
        with path.open("wb") as handle:
            parquet.write_table(table, handle, compression="zstd")
            handle.flush()
            os.fsync(handle.fileno())
        _sync(path.parent)
        return name


def _sync(folder: Path) -> None:
    """A new file's name is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _partition(item: Item) -> str:
    if isinstance(item, CompanyItem):
        return f"companies/source={quote(item.source, safe='')}"
    return f"reviews/source={quote(item.source, safe='')}/language={quote(item.language or _NO_LANGUAGE, safe='')}"


def _row(item: Item) -> dict[str, object]:
    row = item.model_dump()
    if isinstance(item, ReviewItem):
        row |= {"rating": item.stars, "text": item.text or item.title or ""}
    return row
