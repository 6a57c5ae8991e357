from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from opine_scraping.database import runs
from opine_scraping.database.companies import keep_company
from opine_scraping.database.reviews import Kept, keep_reviews
from opine_scraping.database.session import Session
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.outputs import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from opine_scraping.items import Item, RunReport, RunStart

PATIENCE_S = 120.0

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


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
            runs.begin(connection, run)
            return runs.end_interrupted(connection, run.run_id)

        for run_id in self._session.transaction(begin):
            logger.warning("an earlier run was killed", run_id=run_id)

    def write(self, items: Sequence[Item]) -> Written:
        """Keep a batch; it is committed once this returns.

        Raises:
            OutputError: it is not known to be committed; writing it again is safe.
        """
        kept = self._session.transaction(lambda connection: self._keep(connection, items))
        return Written(new=kept.new, already_there=len(items) - kept.new)

    def close(self, report: RunReport) -> None:
        """End a run's row: this run's, or before it that of an earlier run which was killed."""
        self._session.transaction(lambda connection: runs.end(connection, report))
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
            runs.count(connection, self._run_id, len(items), kept)
        return kept

    def _lock(self, connection: Connection) -> None:
        # After a broken connection its old session may still hold the lock; then it is as good as held.
        if self._run_id is not None:
            runs.lock_run(connection, self._run_id)
