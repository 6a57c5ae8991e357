"""The review API's own PostgreSQL and schema, and the scraping's output under its restricted role."""

from collections.abc import Iterator

import pytest
from opine_reviews.migration import upgrade
from opine_reviews.roles import grant_roles
from opine_scraping.database.output import DatabaseOutput
from sqlalchemy import Engine, create_engine, make_url, text

from tests.support.postgres import Postgres, running_postgres
from tests.support.reviews.rows import add_brands, empty_tables
from tests.support.scraping.items import PASSWORD, ROLE, MakeOutput


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("scraping-database")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> Iterator[Engine]:
    engine = create_engine(postgres.url, pool_pre_ping=True)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"))
    upgrade(engine)
    assert grant_roles(engine, scraping=ROLE, analysis="", reading="") == [ROLE]
    yield engine
    engine.dispose()


@pytest.fixture
def engine(migrated: Engine) -> Engine:
    """As the owner, with only the brands of `support.reviews.rows` in the tables."""
    empty_tables(migrated)
    add_brands(migrated)
    return migrated


@pytest.fixture
def database_url(postgres: Postgres) -> str:
    return make_url(postgres.url).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def make_output(engine: Engine, database_url: str) -> MakeOutput:  # noqa: ARG001  emptied
    return lambda patience_s=30.0: DatabaseOutput(database_url, patience_s=patience_s)


@pytest.fixture
def output(make_output: MakeOutput) -> DatabaseOutput:
    """Without a run."""
    return make_output()
