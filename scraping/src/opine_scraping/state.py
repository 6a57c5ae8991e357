"""What a crawl, or one shard of it, keeps in its folder: how far it came, copies of what could not be read, a lock.

How far each list has been read stands in one SQLite file, committed after a page's items are durable. A kill between
the two makes the page come again; the outputs know its items already. A round is over when a run came by every list,
however well it read it; until then a later run goes on with it. A list whose page could not be read, or ended the run,
comes last in later runs until it is read again.
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from opine_scraping.issues import UnavailableError
from opine_scraping.redaction import redact_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

Status = Literal["open", "done", "capped", "faulty"]
"""A faulty list was read to its end, but not well; a later run of the round reads it again from its start. A capped one
was read as far as the site shows it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS list (
    key TEXT PRIMARY KEY, status TEXT NOT NULL, url TEXT NOT NULL, pages INTEGER NOT NULL, unread INTEGER NOT NULL,
    troubled INTEGER NOT NULL, first_total INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (key TEXT, id TEXT, PRIMARY KEY (key, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS read_to_the_end (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS in_flight (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capped (key TEXT PRIMARY KEY, shown INTEGER NOT NULL, total INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS open_run (run_id TEXT PRIMARY KEY, report TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a list has been read."""

    url: str
    """The page to read next."""
    pages: int = 0
    """Read in this round."""
    unread: int = 0
    """Entries that could not be read."""
    troubled: bool = False
    """Whether anything was wrong with a page."""
    first_total: int | None = None
    """What the first page said."""


class Progress:
    """The SQLite file of one crawl or shard."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None)
        # FULL: a commit survives the loss of power too, in the order of the commits.
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_SCHEMA}")

    def close(self) -> None:
        self._db.close()

    def position(self, key: str, start_url: str) -> Position | None:
        """Where to go on with a list; None if it is done in this round."""
        columns = "status, url, pages, unread, troubled, first_total"
        row = self._db.execute(f"SELECT {columns} FROM list WHERE key = ?", (key,)).fetchone()  # noqa: S608
        # A faulty list from its start: nobody knows which of its pages held what could not be read.
        if row is None or row[0] == "faulty":
            return Position(start_url)
        return None if row[0] in {"done", "capped"} else Position(row[1], row[2], row[3], bool(row[4]), row[5])

    def seen_before(self, key: str, ids: Collection[str]) -> int:
        """How many of the ids an earlier page of this round held."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT count(*) FROM seen WHERE key = ? AND id IN ({marks})"  # noqa: S608  only question marks
        return int(self._db.execute(query, (key, *ids)).fetchone()[0])

    def seen(self, key: str) -> int:
        """Different entries of the list in this round."""
        return int(self._db.execute("SELECT count(*) FROM seen WHERE key = ?", (key,)).fetchone()[0])

    def was_read_to_the_end(self, key: str) -> bool:
        """In an earlier round: from then on, whatever is known has nothing unknown behind it."""
        return self._db.execute("SELECT 1 FROM read_to_the_end WHERE key = ?", (key,)).fetchone() is not None

    def begin_page(self, key: str) -> bool:
        """Note that a page of the list is asked for; committing it takes the note away.

        Returns:
            Whether there was a note, of a page that could not be read or of a run that was cut off.
        """
        return self._db.execute("INSERT OR IGNORE INTO in_flight VALUES (?)", (key,)).rowcount == 0

    def unread_keys(self) -> set[str]:
        """Lists of which a page was asked for and not committed."""
        return {key for (key,) in self._db.execute("SELECT key FROM in_flight")}

    def advance(self, key: str, position: Position, ids: Iterable[str], run: tuple[str, str]) -> None:
        """Commit a page.

        Args:
            key: the list.
            position: where it goes on.
            ids: the page's entries.
            run: the run's id and its report so far.
        """
        with self._transaction():
            # Ids of the round before: a list that begins again must not take its own entries for repeats.
            if position.pages == 1:
                self._db.execute("DELETE FROM seen WHERE key = ?", (key,))
            self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", ((key, id_) for id_ in ids))
            self._put(key, "open", position)
            self._db.execute("DELETE FROM in_flight WHERE key = ?", (key,))
            self._db.execute("INSERT OR REPLACE INTO open_run VALUES (?, ?)", run)

    def end_list(self, key: str, position: Position, capped_at: tuple[int, int] | None = None) -> None:
        """Its last page is committed; whether it was read well is in the position.

        Args:
            key: the list.
            position: behind its last page.
            capped_at: how many entries the site shows, and how many it says that there are.
        """
        with self._transaction():
            self._put(key, "capped" if capped_at else "faulty" if position.troubled else "done", position)
            # Ids are for lists that are being read; those of all lists would fill the disk.
            self._db.execute("DELETE FROM seen WHERE key = ?", (key,))
            if capped_at:
                self._db.execute("INSERT OR REPLACE INTO capped VALUES (?, ?, ?)", (key, *capped_at))
                self._db.execute("DELETE FROM in_flight WHERE key = ?", (key,))
            if capped_at or not position.troubled:
                self._db.execute("INSERT OR IGNORE INTO read_to_the_end VALUES (?)", (key,))

    def forget_cap(self, key: str) -> None:
        """The site shows all of the list now."""
        self._db.execute("DELETE FROM capped WHERE key = ?", (key,))

    def begin_run(self, run: tuple[str, str]) -> list[str]:
        """Take note of a run.

        Returns:
            Reports, so far, of runs that never ended.
        """
        with self._transaction():
            killed = [report for (report,) in self._db.execute("SELECT report FROM open_run")]
            self._db.execute("DELETE FROM open_run")
            self._db.execute("INSERT INTO open_run VALUES (?, ?)", run)
        return killed

    def end_run(self, *, round_over: bool) -> None:
        """Take the note of the run away; with `round_over` the next one begins a new round."""
        with self._transaction():
            self._db.execute("DELETE FROM open_run")
            if round_over:
                self._forget()

    def start_over(self) -> None:
        """Begin a new round with the first page of every list."""
        with self._transaction():
            self._forget()

    def _forget(self) -> None:
        # A list that was not read to its end may hide new entries behind known ones: it is read whole next time.
        unfinished = "SELECT key FROM list WHERE status IN ('open', 'faulty')"
        self._db.execute(f"DELETE FROM read_to_the_end WHERE key IN ({unfinished})")  # noqa: S608
        self._db.execute("DELETE FROM list")
        self._db.execute("DELETE FROM seen")

    def _put(self, key: str, status: Status, at: Position) -> None:
        values = (key, status, at.url, at.pages, at.unread, at.troubled, at.first_total)
        self._db.execute("INSERT OR REPLACE INTO list VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _transaction(self) -> sqlite3.Connection:
        if self._db.in_transaction:  # cut off by Ctrl-C
            self._db.rollback()
        self._db.execute("BEGIN IMMEDIATE")
        return self._db


class SavedCopies:
    """Copies of pages that could not be read, for whoever mends a parser; at most so many a run."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._left = most

    def save(self, url: str, text: str) -> str | None:
        """Keep a redacted copy.

        Returns:
            Its path, or None once there are enough.
        """
        # By hash: an address may hold anything, and one page is kept once.
        path = self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.html"
        if path.exists():
            return str(path)
        if self._left <= 0:
            return None
        self._left -= 1
        try:
            redacted = redact_page(text)
        except Exception as error:  # noqa: BLE001  a page that cannot be redacted is not kept, and stops nothing
            redacted = f"<!-- not kept: {type(error).__name__} -->"
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<!-- {url.replace('--', '- -')} -->\n{redacted}", encoding="utf-8")
        return str(path)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Keep a second run out.

    Raises:
        UnavailableError: one is at work there, or the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be written to: {error.strerror}") from error
    # The kernel gives it back with the process, however that ends: no stale lock to remove by hand.
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnavailableError(f"another run is at work in {folder}; wait for it, or name another folder") from None
        yield
