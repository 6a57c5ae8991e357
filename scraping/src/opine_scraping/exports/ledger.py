"""What the files of an output folder hold for sure: a SQLite file whose commits decide what counts as written."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from opine_scraping.items import CompanyItem, Item, ReviewItem
from opine_scraping.outputs import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (kind TEXT, source TEXT, id TEXT, PRIMARY KEY (kind, source, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS size (file TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS part (file TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_MODELS: dict[str, type[CompanyItem | ReviewItem]] = {"company": CompanyItem, "review": ReviewItem}


def kind_of(item: Item) -> str:
    """`review` or `company`, as the ledger's rows say it."""
    return "review" if isinstance(item, ReviewItem) else "company"


@contextmanager
def output_errors(folder: Path) -> Iterator[None]:
    """A full disk or a folder of somebody else, in a sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"{folder} cannot be written to: {error}") from error


def _key(item: Item) -> tuple[str, str, str]:
    return kind_of(item), item.source, item.source_review_id if isinstance(item, ReviewItem) else item.company


class Ledger:
    """The SQLite file of an output folder."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_SCHEMA}")

    def close(self) -> None:
        self._db.close()

    def transaction(self) -> sqlite3.Connection:
        """A context that commits at its end."""
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def add(self, items: Sequence[Item]) -> list[Item]:
        """Those that were not known; from now on they are."""
        # On disk and not in a set: a crawl of millions would not fit the memory.
        add = "INSERT OR IGNORE INTO known VALUES (?, ?, ?)"
        return [item for item in items if self._db.execute(add, _key(item)).rowcount]

    def size(self, file: str) -> int:
        """Bytes of a file that are committed; what is behind them is of a run that was killed."""
        row = self._db.execute("SELECT bytes FROM size WHERE file = ?", (file,)).fetchone()
        return 0 if row is None else int(row[0])

    def set_size(self, file: str, size: int) -> None:
        """Say how many bytes of a file count, with the transaction's commit."""
        self._db.execute("INSERT OR REPLACE INTO size VALUES (?, ?)", (file, size))

    def hold(self, items: Iterable[Item]) -> None:
        """Keep items until a part holds them."""
        rows = ((kind_of(item), item.model_dump_json()) for item in items)
        self._db.executemany("INSERT INTO pending (kind, item) VALUES (?, ?)", rows)

    def held(self, kind: str) -> list[Item]:
        """Items that no part holds yet, in the order in which they came."""
        found: list[Item] = []
        for (text,) in self._db.execute("SELECT item FROM pending WHERE kind = ? ORDER BY number", (kind,)):
            try:
                found.append(_MODELS[kind].model_validate_json(text))
            except ValidationError as error:
                # Held by an earlier version, which checked less.
                logger.warning("an item that is none is not written", extra={"errors": error.error_count()})
        return found

    def count_held(self) -> int:
        """Items of either kind that no part holds yet."""
        return int(self._db.execute("SELECT count(*) FROM pending").fetchone()[0])

    def release(self, kind: str, files: Iterable[str]) -> None:
        """Parts hold them now."""
        self._db.execute("DELETE FROM pending WHERE kind = ?", (kind,))
        self._db.executemany("INSERT INTO part VALUES (?)", ((file,) for file in files))

    def parts(self) -> set[str]:
        """Files that count, relative to the folder."""
        return {file for (file,) in self._db.execute("SELECT file FROM part")}
