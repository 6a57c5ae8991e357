"""The owner's password changes while the API runs."""

from collections.abc import Iterator

import pytest
from opine_reviews.database import make_engine
from opine_reviews.settings import Settings
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.support.postgres import Postgres

ROLE, OLD, NEW = "opine_rotated", "the old one of these tests", "the new one of these tests"


@pytest.fixture
def role(engine: Engine) -> Iterator[str]:
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{OLD}'"))
    yield ROLE
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE {ROLE}"))


def engine_knowing(postgres: Postgres, **passwords: str) -> Engine:
    url = make_url(postgres.url).set(username=ROLE, password=OLD)
    given = {"database_url": url.render_as_string(hide_password=False), "client_hash_key": "a key of these tests"}
    return make_engine(Settings.model_validate(given | passwords), connections=1)


@pytest.mark.usefixtures("role")
def test_a_new_connection_takes_whichever_password_is_valid(engine: Engine, postgres: Postgres) -> None:
    prepared = engine_knowing(postgres, database_next_password=NEW)
    unprepared = engine_knowing(postgres)
    for one in (prepared, unprepared):
        one.connect().close()
        one.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"ALTER ROLE {ROLE} PASSWORD '{NEW}'"))
    prepared.connect().close()
    prepared.dispose()
    with pytest.raises(OperationalError, match="password"):
        unprepared.connect()
