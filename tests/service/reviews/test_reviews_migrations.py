"""Migrations while the database is in use, by code that is older, and after one that was cut off."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from opine_reviews.migration import upgrade
from opine_reviews.schema import expected_revision
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from tests.support import ROOT

# What the review API allows a statement.
STATEMENT_TIMEOUT = "3600ms"
READ_BRAND = "SELECT count(*) FROM brand"
# Of two brands, because the counts of one are a row that transactions wait for.
WRITE_REVIEW = "INSERT INTO review (brand_slug, text, stars) VALUES ('a', 'Good', 4)"
WRITE_ANOTHER = WRITE_REVIEW.replace("'a'", "'b'")


@dataclass
class Traffic:
    """One statement again and again, as the API would run it."""

    engine: Engine
    statement: str
    done: int = 0
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _run(self, over: threading.Event) -> None:
        while not over.wait(0.01):
            try:
                with self.engine.begin() as connection:
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
                    connection.exec_driver_sql(self.statement)
                self.done += 1
            except DBAPIError as error:
                self.errors.append(str(error.orig))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def waits_for_a_lock(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def invalid_indexes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        asked = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        return list(connection.scalars(text(asked)))


@pytest.fixture
def started(empty: Engine) -> Engine:
    """At the first revision, with two brands."""
    upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO brand (slug, name) VALUES ('a', 'A'), ('b', 'B')"))
    return empty


@pytest.mark.parametrize(
    ("held", "traffic"),
    [(READ_BRAND, READ_BRAND), (WRITE_REVIEW, WRITE_ANOTHER)],
    ids=["a table that is changed", "a table that gets an index"],
)
def test_traffic_goes_on_while_a_migration_waits(started: Engine, held: str, traffic: str) -> None:
    clients = Traffic(started, traffic)
    migration = threading.Thread(target=upgrade, args=(started,))
    with started.connect() as watcher, started.connect() as holder:
        holder.execute(text(held))
        with clients.running():
            migration.start()
            until(lambda: waits_for_a_lock(watcher))
            watcher.rollback()
            seen = clients.done
            until(lambda: clients.done + len(clients.errors) > seen + 5)
            holder.commit()
            migration.join()
    assert clients.errors == []
    assert clients.done > 5
    assert revision(started) == expected_revision()
    assert invalid_indexes(started) == []


def test_each_revision_is_a_transaction_of_its_own(started: Engine) -> None:
    with started.begin() as connection:
        connection.execute(text("CREATE TABLE scrape_run ()"))
    with pytest.raises(DBAPIError, match="already exists"):
        upgrade(started)
    assert revision(started) == "0003"
    with started.begin() as connection:
        connection.execute(text("DROP TABLE scrape_run"))
    upgrade(started)
    assert revision(started) == expected_revision()


def test_a_revision_that_was_cut_off_outside_a_transaction_is_done_again(started: Engine) -> None:
    upgrade(started, "0009")
    with started.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    upgrade(started)
    assert revision(started) == expected_revision()
    assert invalid_indexes(started) == []


def test_an_index_that_was_cut_off_is_made_again(started: Engine) -> None:
    upgrade(started, "0002")
    with started.connect() as holder, started.connect() as cut_off:
        holder.execute(text(WRITE_REVIEW))
        cut_off.execution_options(isolation_level="AUTOCOMMIT")
        cut_off.execute(text("SET statement_timeout = '100ms'"))
        with pytest.raises(DBAPIError, match="statement timeout"):
            cut_off.execute(text("CREATE INDEX CONCURRENTLY ix_review_label_score ON review (label)"))
    assert invalid_indexes(started) == ["ix_review_label_score"]
    upgrade(started)
    assert invalid_indexes(started) == []
    with started.connect() as connection:
        made = connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_review_label_score'"))
    assert "COALESCE(score" in made


def test_two_migrations_at_once_take_turns(empty: Engine) -> None:
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            upgrade(empty)
        except DBAPIError as error:
            errors.append(error)

    migrations = [threading.Thread(target=migrate) for _ in range(3)]
    for migration in migrations:
        migration.start()
    for migration in migrations:
        migration.join()
    assert errors == []
    assert revision(empty) == expected_revision()


def test_postgresql_has_nothing_to_warn_of(empty: Engine, caplog: pytest.LogCaptureFixture) -> None:
    # SQLAlchemy's dialect logs the server's notices, such as of a SET LOCAL that is in no transaction.
    with caplog.at_level("INFO", "sqlalchemy.dialects.postgresql"):
        upgrade(empty)
        assert [line for line in caplog.messages if "WARNING" in line] == []
        with empty.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
    assert [line for line in caplog.messages if "WARNING" in line] != []


def test_older_code_leaves_a_newer_schema_as_it_is(empty: Engine) -> None:
    assert upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not upgrade(empty)
    assert revision(empty) == "9999"


# Tables that may be big; an index that a lock holds up on a small one is made in a moment.
BIG = {"review", "scraped_review"}
MADE = re.compile(r"""op\.create_(table|index)\(\s*(?:"\w+",\s*)?"(\w+)\"""")


def locking_indexes(revision: str) -> set[str]:
    """Big tables that were there before the revision and whose writers would wait for an index of it."""
    made = [(kind, name) for kind, name in MADE.findall(revision)]
    return {name for kind, name in made if kind == "index"} & BIG - {name for kind, name in made if kind == "table"}


def test_no_revision_locks_a_big_table_for_an_index() -> None:
    files = sorted((ROOT / "services/reviews/src/opine_reviews/migrations/versions").glob("0*.py"))
    assert len(files) >= 8
    assert {file.name: found for file in files if (found := locking_indexes(file.read_text()))} == {}
    assert locking_indexes('op.create_index(\n    "ix_x", "review", ["stars"])') == {"review"}
    assert locking_indexes('op.create_table("review")\nop.create_index("ix_x", "review", [])') == set()
