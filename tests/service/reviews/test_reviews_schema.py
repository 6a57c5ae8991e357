"""The schema: its head, its way there and back, and that it is what the models say."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from opine_reviews.brands_file import read_brands, upsert_brands
from opine_reviews.migration import downgrade, upgrade
from opine_reviews.models import Base
from opine_reviews.schema import expected_revision, is_ours, is_sufficient
from sqlalchemy import Column, Engine, Table, Text, inspect, text
from sqlalchemy.orm import Session

from tests.support.reviews.rows import add_company

HEAD = "0014"


def _found(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_the_head_is_frozen() -> None:
    assert expected_revision() == HEAD


def test_models_equal_the_migrations(migrated: Engine) -> None:
    options = {"include_object": is_ours, "compare_server_default": True}
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        extra = Table("brand_extra", Base.metadata, Column("name", Text))
        try:
            assert [change[0] for change in compare_metadata(context, Base.metadata)] == ["add_table"]
        finally:
            Base.metadata.remove(extra)


def test_upgrade_and_downgrade_meet_again(empty: Engine) -> None:
    upgrade(empty)
    upgrade(empty)
    assert _found(empty) == HEAD
    for revision in ("0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001", "base"):
        downgrade(empty, revision)
    assert _found(empty) is None
    assert inspect(empty).get_table_names() == ["alembic_version"]
    with empty.connect() as connection:
        left = connection.scalar(
            text(
                "SELECT count(*) FROM pg_proc "
                "WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(brand|review|scraped|release|training)'"
            )
        )
    assert left == 0
    upgrade(empty)
    assert _found(empty) == HEAD


def test_a_failing_revision_leaves_nothing(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE brand_month ()"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert inspect(empty).get_table_names() == ["brand_month"]


@pytest.mark.parametrize(
    ("found", "enough"), [(None, False), ("", False), ("0013", False), ("0014", True), ("0015", True), ("ae10", False)]
)
def test_a_database_ahead_suffices(found: str | None, enough: bool) -> None:
    assert is_sufficient(found, HEAD) is enough


def test_the_shipped_brands_are_added_once_and_updated(empty: Engine) -> None:
    upgrade(empty)
    rows = read_brands()
    changed = rows[0].model_copy(update={"name": "Another name"})
    for batch in (rows, rows, [changed]):
        with Session(empty) as session, session.begin():
            upsert_brands(session, batch)
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM brand")) == len(rows) > 400
        named = text("SELECT name FROM brand WHERE slug = :slug")
        assert connection.scalar(named, {"slug": changed.slug}) == "Another name"
        assert connection.scalar(named, {"slug": rows[1].slug}) == rows[1].name


def test_the_list_takes_over_a_brand_that_was_read_before(empty: Engine) -> None:
    upgrade(empty)
    row = read_brands()[0]
    assert row.website.startswith("https://www.")
    with empty.begin() as connection:
        connection.execute(
            text("INSERT INTO brand (slug, name, website, origin) VALUES ('read-before', 'X', :website, 'scraped')"),
            {"website": row.website.replace("https://www.", "http://").lower()},
        )
        connection.execute(text("INSERT INTO brand (slug, name, origin) VALUES ('other', 'X', 'scraped')"))
    for slug in ("read-before", "other"):
        add_company(empty, slug, slug)
    for _ in range(2):
        with Session(empty) as session, session.begin():
            upsert_brands(session, [row])
        with empty.connect() as connection:
            found = connection.execute(text("SELECT slug, name, sector, origin FROM brand ORDER BY id")).all()
        assert [tuple(one) for one in found] == [
            ("read-before", row.name, row.sector, "list"),
            ("other", "X", None, "scraped"),
        ]


def test_brands_of_before_say_where_they_came_from(empty: Engine) -> None:
    upgrade(empty, "0003")
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO brand (slug, name, sector) VALUES ('a', 'A', 'Food'), ('b', 'B', NULL)"))
    upgrade(empty)
    with empty.connect() as connection:
        assert connection.scalars(text("SELECT origin FROM brand ORDER BY slug")).all() == ["list", "route_of_2019"]
