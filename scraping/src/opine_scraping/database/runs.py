"""A run's row: begun, counted along with its items, ended; or found without an end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from opine_common.text import replace_unstorable
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from opine_scraping.database.tables import scrape_run
from opine_scraping.exit_codes import KILLED

if TYPE_CHECKING:
    from opine_scraping.database.reviews import Kept
    from opine_scraping.items import PageError, RunReport, RunStart

# A run holds a lock of its session: it goes with the connection, however the run ends.
_LOCK_CLASS = 0x6F70696E
_MOST_ERROR_BYTES = 60_000


def lock_run(connection: Connection, run_id: str) -> bool:
    """Hold the run's lock for as long as the connection lasts; False if another run holds it."""
    statement = text("SELECT pg_try_advisory_lock(:class, hashtext(:run_id))")
    return bool(connection.scalar(statement, {"class": _LOCK_CLASS, "run_id": run_id}))


def begin(connection: Connection, run: RunStart) -> None:
    row = insert(scrape_run).values(run_id=run.run_id, kind=run.kind, started_at=run.started_at)
    connection.execute(row.on_conflict_do_nothing(index_elements=["run_id"]))


def end_interrupted(connection: Connection, own_run_id: str) -> list[str]:
    """Give an end to the runs that have none and are not alive; their ids."""
    open_runs = select(scrape_run.c.run_id).where(scrape_run.c.ended_at.is_(None), scrape_run.c.run_id != own_run_id)
    interrupted = [run_id for run_id in connection.scalars(open_runs).all() if _is_dead(connection, run_id)]
    connection.execute(
        update(scrape_run)
        .where(scrape_run.c.run_id.in_(interrupted), scrape_run.c.ended_at.is_(None))
        .values(ended_at=func.now(), outcome="interrupted", exit_code=KILLED)
    )
    return interrupted


def count(connection: Connection, run_id: str, items: int, kept: Kept) -> None:
    """Add a batch, in its own transaction: of a run that is killed, what it kept is known."""
    added = {
        "items": items,
        "new_items": kept.new,
        "changed_items": kept.changed,
        "duplicates": items - kept.new,
    }
    values = {name: scrape_run.c[name] + number for name, number in added.items()}
    connection.execute(update(scrape_run).where(scrape_run.c.run_id == run_id).values(values))


def end(connection: Connection, report: RunReport) -> None:
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
        row = {name: None if value is None else replace_unstorable(value) for name, value in error.model_dump().items()}
        size += len(json.dumps(row, ensure_ascii=False).encode()) + 2
        if size > _MOST_ERROR_BYTES:
            break
        kept.append(row)
    return kept


def _is_dead(connection: Connection, run_id: str) -> bool:
    if not lock_run(connection, run_id):
        return False
    unlock = text("SELECT pg_advisory_unlock(:class, hashtext(:run_id))")
    connection.execute(unlock, {"class": _LOCK_CLASS, "run_id": run_id})
    return True
