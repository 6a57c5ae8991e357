"""Items and runs in the review API's PostgreSQL.

A run has a row: begun, counted along with its items, ended; or found without an end.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from opine_scraping.database.companies import keep_company
from opine_scraping.database.reviews import Kept, keep_reviews
from opine_scraping.database.session import PATIENCE_S, Session
from opine_scraping.database.tables import scrape_run
from opine_scraping.issues import KILLED
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.outputs import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.items import Item, PageError, RunReport, RunStart


logger = logging.getLogger(__name__)

# A run holds a lock of its session: it goes with the connection, however the run ends.
_LOCK_CLASS = 0x6F70696E  # "opin": other locks of the database have other classes
_MOST_ERROR_BYTES = 60_000  # the column's check allows 64 KiB


class DatabaseOutput:
    """Keeps items in the review API's PostgreSQL: one transaction a batch, each item once.

    A review or company that is known is replaced where a later reading differs; it counts as already there, and as
    changed in the run's row. While PostgreSQL is away a call waits and tries again for `patience_s`.

    Args:
        database_url: `postgresql+psycopg2://...`, of the role that `opine-reviews migrate` gives its rights to.
        patience_s: how long one call tries before it gives up.
    """

    def __init__(self, database_url: str, patience_s: float = PATIENCE_S) -> None:
        self._run_id: str | None = None
        self._session = Session(database_url, patience_s, on_connect=self._lock)

    def open(self, run: RunStart) -> None:
        """Begin a run's row, and end those of runs that were killed.

        Raises:
            OutputError: PostgreSQL is away or refuses.
        """
        self._run_id = run.run_id

        def begin(connection: Connection) -> list[str]:
            _begin_run(connection, run)
            return _end_interrupted(connection, run.run_id)

        for run_id in self._session.transaction(begin):
            logger.warning("an earlier run was killed", extra={"run_id": run_id})

    def write(self, items: Sequence[Item]) -> Written:
        """Keep a batch; it is committed once this returns.

        Raises:
            OutputError: it is not known to be committed; writing it again is safe.
        """
        kept = self._session.transaction(lambda connection: self._keep(connection, items))
        return Written(new=kept.new, already_there=len(items) - kept.new)

    def close(self, report: RunReport) -> None:
        """End a run's row: this run's, or before it that of an earlier run which was killed."""
        self._session.transaction(lambda connection: _end_run(connection, report))
        if report.run_id == self._run_id:
            self._session.close()

    def _keep(self, connection: Connection, items: Sequence[Item]) -> Kept:
        new = changed = 0
        for item in items:
            if isinstance(item, CompanyItem):
                is_new, is_changed = keep_company(connection, item)
                new, changed = new + is_new, changed + is_changed
        reviews = keep_reviews(connection, [item for item in items if isinstance(item, ReviewItem)])
        kept = Kept(new + reviews.new, changed + reviews.changed)
        if self._run_id is not None:
            _count_batch(connection, self._run_id, len(items), kept)
        return kept

    def _lock(self, connection: Connection) -> None:
        # After a broken connection its old session may still hold the lock; then it is as good as held.
        if self._run_id is not None:
            _lock_run(connection, self._run_id)


def _lock_run(connection: Connection, run_id: str) -> bool:
    """Hold the run's lock for as long as the connection lasts; False if another run holds it."""
    statement = text("SELECT pg_try_advisory_lock(:class, hashtext(:run_id))")
    return bool(connection.scalar(statement, {"class": _LOCK_CLASS, "run_id": run_id}))


def _begin_run(connection: Connection, run: RunStart) -> None:
    row = insert(scrape_run).values(run_id=run.run_id, kind=run.kind, started_at=run.started_at)
    connection.execute(row.on_conflict_do_nothing(index_elements=["run_id"]))


def _end_interrupted(connection: Connection, own_run_id: str) -> list[str]:
    """Give an end to the runs that have none and are not alive; their ids."""
    open_runs = select(scrape_run.c.run_id).where(scrape_run.c.ended_at.is_(None), scrape_run.c.run_id != own_run_id)
    interrupted = [run_id for run_id in connection.scalars(open_runs).all() if _is_dead(connection, run_id)]
    connection.execute(
        update(scrape_run)
        .where(scrape_run.c.run_id.in_(interrupted), scrape_run.c.ended_at.is_(None))
        .values(ended_at=func.now(), outcome="interrupted", exit_code=KILLED)
    )
    return interrupted


def _count_batch(connection: Connection, run_id: str, items: int, kept: Kept) -> None:
    """Add a batch, in its own transaction: of a run that is killed, what it kept is known."""
    added = {
        "items": items,
        "new_items": kept.new,
        "changed_items": kept.changed,
        "duplicates": items - kept.new,
    }
    values = {name: scrape_run.c[name] + number for name, number in added.items()}
    connection.execute(update(scrape_run).where(scrape_run.c.run_id == run_id).values(values))


def _end_run(connection: Connection, report: RunReport) -> None:
    """Store how a run ended, also one of before that has no row or was taken for interrupted."""
    begun = {"run_id": report.run_id, "kind": report.kind, "started_at": report.started_at}
    ended = {
        "ended_at": report.ended_at,
        "outcome": report.outcome,
        "exit_code": report.exit_code,
        "pages": report.pages,
        "items": report.items,
        "new_items": report.new_items,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "errors": bounded(report.errors),
    }
    row = insert(scrape_run).values(begun | ended)
    connection.execute(row.on_conflict_do_update(index_elements=["run_id"], set_=ended))


def bounded(errors: tuple[PageError, ...]) -> list[dict[str, str | None]]:
    """As many of the errors as the column takes."""
    kept: list[dict[str, str | None]] = []
    size = 0
    for error in errors:
        row = error.model_dump()
        size += len(json.dumps(row, ensure_ascii=False).encode()) + 2
        if size > _MOST_ERROR_BYTES:
            break
        kept.append(row)
    return kept


def _is_dead(connection: Connection, run_id: str) -> bool:
    # A run that lives holds its lock. Here it is taken only to see whether that is so, and given back.
    if not _lock_run(connection, run_id):
        return False
    unlock = text("SELECT pg_advisory_unlock(:class, hashtext(:run_id))")
    connection.execute(unlock, {"class": _LOCK_CLASS, "run_id": run_id})
    return True
