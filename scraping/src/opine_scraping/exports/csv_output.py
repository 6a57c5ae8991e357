"""CSV with the columns of the system of 2019: `companies.csv` of discover and `reviews.csv` of crawl."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from opine_common.csv_cells import defuse

from opine_scraping.exports.ledger import Ledger, output_errors
from opine_scraping.items import CompanyItem, Item, ReviewItem, RunReport, RunStart
from opine_scraping.outputs import OutputError, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

COMPANY_COLUMNS = ("category", "sub_category", "company_url")
REVIEW_COLUMNS = ("comment", "rating", "url_website", "company_name", "company_website", "company_logo")


class CsvOutput:
    """Only what the ledger has committed counts: rows behind it, of a run that was killed, are cut off."""

    def __init__(self, folder: Path, *, bom: bool = False) -> None:
        self._folder = folder
        self._encoding = "utf-8-sig" if bom else "utf-8"
        self._companies: dict[str, CompanyItem] = {}

    def open(self, run: RunStart) -> None:
        self._run_id = run.run_id
        discovers = run.kind == "discover"
        self._kept: type[Item] = CompanyItem if discovers else ReviewItem
        self._file = self._folder / ("companies.csv" if discovers else "reviews.csv")
        with output_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._ledger = Ledger(self._folder / "ledger.sqlite")
            size = self._ledger.size(self._file.name)
            if size and (not self._file.exists() or self._file.stat().st_size < size):
                raise OutputError(f"{self._file} is shorter than the ledger beside it says; move the folder away")
            if not size:
                self._append([COMPANY_COLUMNS if discovers else REVIEW_COLUMNS])

    def write(self, items: Sequence[Item]) -> Written:
        self._companies |= {item.company: item for item in items if isinstance(item, CompanyItem)}
        kept = [item for item in items if isinstance(item, self._kept)]
        # Rows are on the disk before the ledger commits their end: what it counts is there.
        with output_errors(self._folder), self._ledger.transaction():
            new = self._ledger.add(kept)
            self._append([_row(item, self._companies) for item in new])
        return Written(len(new), len(kept) - len(new))

    def close(self, report: RunReport) -> None:
        if report.run_id == self._run_id:
            self._ledger.close()

    def _append(self, rows: Iterable[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(map(_defused, rows))
        with self._file.open("ab") as handle:
            # Rows of a run that was killed between writing and committing go first.
            handle.truncate(self._ledger.size(self._file.name))
            handle.seek(0, os.SEEK_END)
            # The mark stands at a file's beginning only.
            encoding = "utf-8" if handle.tell() else self._encoding
            handle.write(text.getvalue().encode(encoding, errors="replace"))
            handle.flush()
            os.fsync(handle.fileno())
            self._ledger.set_size(self._file.name, handle.tell())


def _row(item: Item, companies: dict[str, CompanyItem]) -> Sequence[object]:
    if isinstance(item, CompanyItem):
        return item.category, item.sub_category, item.source_url
    company = companies[item.company]
    # As in 2019's forks, a review without text is represented by its title.
    return item.text or item.title or "", item.stars, item.source_url, company.name, company.website, company.logo


def _defused(row: Iterable[object]) -> list[object]:
    return [defuse(cell) if isinstance(cell, str) else cell for cell in row]
