"""How much one client may do: counted by the keyed hash of its address, in memory or in PostgreSQL."""

import datetime as dt
import time
from typing import Literal

from flask import request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from opine_common.problems import Problem
from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from opine_reviews.database import Database
from opine_reviews.models import RateLimit
from opine_reviews.privacy import hash_client
from opine_reviews.settings import Settings

Limited = Literal["predictions", "submissions", "brands", "reports"]

_SAID = {
    "predictions": "predictions",
    "submissions": "reviews",
    "brands": "new brands",
    "reports": "reports",
}


class ClientLimits:
    """Refuses what is too much.

    Predictions are always counted in memory, so that they go on without PostgreSQL; the rest where the settings say.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._key = settings.client_hash_key.get_secret_value().encode()
        memory = FixedWindowRateLimiter(MemoryStorage())
        stored = FixedWindowRateLimiter(PostgresStorage(database)) if settings.limit_store == "postgresql" else memory
        given = {
            "predictions": settings.predictions_limit,
            "submissions": settings.submissions_limit,
            "brands": settings.brands_limit,
            "reports": settings.reports_limit,
        }
        self._limits: dict[str, list[RateLimitItem]] = {
            name: parse_many(text) if text else [] for name, text in given.items()
        }
        self._counters = {name: memory if name == "predictions" else stored for name in given}

    def count(self, what: Limited, address: str | None = None) -> None:
        """Count one for the client of the current request, or for the address that it names.

        Raises:
            Problem: 429 with Retry-After: it was too much.
        """
        if not self._limits[what]:
            return
        client = self._client(address or request.remote_addr or "")
        counter = self._counters[what]
        for limit in self._limits[what]:
            if not counter.hit(limit, what, client):
                reset_at, _ = counter.get_window_stats(limit, what, client)
                # Its clock may have jumped since, or be PostgreSQL's; a window is never longer than itself.
                seconds = min(max(1, round(reset_at - time.time())), limit.get_expiry())
                raise _too_much(what, limit, seconds)

    def _client(self, address: str) -> str:
        return hash_client(self._key, dt.datetime.now(dt.UTC).date(), address).hex()


def _too_much(what: Limited, limit: RateLimitItem, seconds: int) -> Problem:
    return Problem(
        429,
        f"Too many {_SAID[what]} from this address: at most {limit} may be. Try again in {seconds} s.",
        kind="too-many-requests",
        headers={"Retry-After": str(seconds)},
    )


class PostgresStorage(Storage):
    """Counters in the table `rate_limit`, which all processes and replicas share."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        ends = func.now() + dt.timedelta(seconds=expiry)
        statement = insert(RateLimit).values(key=key, count=amount, expires_at=ends)
        over = RateLimit.expires_at <= func.now()
        statement = statement.on_conflict_do_update(
            index_elements=[RateLimit.key],
            set_={
                "count": case((over, amount), else_=RateLimit.count + amount),
                "expires_at": case((over, ends), else_=RateLimit.expires_at),
            },
        )
        with self._database.transaction() as session:
            return session.scalars(statement.returning(RateLimit.count)).one()

    def get(self, key: str) -> int:
        with self._database.transaction() as session:
            kept = select(RateLimit.count).where(RateLimit.key == key, RateLimit.expires_at > func.now())
            return session.scalar(kept) or 0

    def get_expiry(self, key: str) -> float:
        with self._database.transaction() as session:
            found = session.scalar(select(RateLimit.expires_at).where(RateLimit.key == key))
        return time.time() if found is None else found.timestamp()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        return None

    def clear(self, key: str) -> None:
        with self._database.transaction() as session:
            session.execute(delete(RateLimit).where(RateLimit.key == key))
