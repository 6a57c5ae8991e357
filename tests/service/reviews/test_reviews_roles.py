"""What the roles of the scraping, of analyses and of the reader may do, tried by themselves."""

from collections.abc import Iterator

import pytest
from opine_reviews.drift.measuring import is_measured, measure
from opine_reviews.reading import ReviewReader
from opine_reviews.roles import RoleError, grant_roles
from opine_reviews.schema import wait_for_database
from opine_reviews.settings import Settings
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.support.fake_sentiment import FakeSentiment
from tests.support.postgres import Postgres
from tests.support.reviews.language import TIMES
from tests.support.reviews.rows import add_company, add_reviews, add_run, add_scraped_reviews, scored

ANALYST, WRITER, READER = "opine_analysis", "opine_scraping", "opine_reading"
PASSWORD = "of these tests"

WRITTEN = (
    "INSERT INTO brand (slug, name, website, sector, origin) VALUES ('b', 'B', 'https://b.example', 'x', 'scraped')",
    "SELECT id, slug, domain FROM brand",
    """INSERT INTO brand_source (source, company, brand_slug, name, source_url, read_at, parser)
    VALUES ('s', 'b', 'nike', 'B', 'https://s.example/b', now(), 'p/1')""",
    """INSERT INTO scraped_review
    (brand_slug, source, source_review_id, text, stars, reviewed_at, source_url, read_at, parser)
    VALUES ('nike', 's', '1', 't', 5, now(), 'https://s.example/b', now(), 'p/1')
    ON CONFLICT (source, source_review_id) DO UPDATE SET text = excluded.text RETURNING xmax = 0""",
    "UPDATE scraped_review SET stars = 1, read_at = now()",
    "INSERT INTO scrape_run (run_id, kind, started_at) VALUES ('r', 'crawl', now())",
    "UPDATE scrape_run SET ended_at = now(), outcome = 'failed'",
)
FORBIDDEN_TO_THE_WRITER = (
    "SELECT * FROM review",
    "SELECT text FROM review",
    "SELECT * FROM labelled_review",
    "SELECT * FROM brand_month",
    "SELECT name FROM brand",
    "SELECT * FROM scraped_count",
    "UPDATE brand SET name = 'x'",
    "UPDATE brand_source SET company = 'x'",
    "UPDATE scraped_review SET source_review_id = 'x'",
    "UPDATE scraped_count SET stars_1 = 9",
    "UPDATE scrape_run SET run_id = 'x'",
    "DELETE FROM scraped_review",
    "DELETE FROM scrape_run",
    "TRUNCATE scraped_review",
    "INSERT INTO review (brand_slug, text, stars) VALUES ('nike', 't', 5)",
    "INSERT INTO brand (slug, name, created_at) VALUES ('c', 'C', now())",
    "CREATE TABLE mine ()",
    "ALTER TABLE scraped_review DISABLE TRIGGER ALL",
)
FORBIDDEN_TO_THE_ANALYST = (
    "SELECT * FROM review",
    "SELECT client_hash FROM review",
    "SELECT * FROM scraped_review",
    "SELECT * FROM brand",
    "INSERT INTO scrape_run (run_id, kind, started_at) VALUES ('r', 'crawl', now())",
    "CREATE TABLE mine ()",
)

FORBIDDEN_TO_THE_READER = (
    "SELECT * FROM review",
    "SELECT stars FROM review",
    "SELECT user_agent_family FROM review",
    "SELECT id FROM review FOR KEY SHARE",
    "UPDATE review SET text = 'x'",
    "DELETE FROM review",
    "SELECT * FROM brand",
    "SELECT * FROM brand_term",
    "UPDATE brand_term SET pull_sum = 9",
    "UPDATE review_term SET pull = 9",
    "DELETE FROM review_reading",
    "SELECT * FROM scraped_review",
    "SELECT * FROM moderation_event",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE TABLE mine ()",
)


@pytest.fixture
def roles(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        for role in (ANALYST, WRITER, READER):
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"))
    yield
    with engine.begin() as connection:
        for role in (ANALYST, WRITER, READER):
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def _engine_of(role: str, postgres: Postgres) -> Engine:
    url = make_url(postgres.url).set(username=role, password=PASSWORD)
    return create_engine(url, poolclass=NullPool)


def _denied(engine: Engine, statement: str) -> bool:
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except DBAPIError as error:
            return getattr(error.orig, "pgcode", None) == "42501"
    return False


def _grant(engine: Engine) -> list[str]:
    return grant_roles(engine, scraping=WRITER, analysis=ANALYST, reading=READER)


@pytest.mark.usefixtures("roles")
def test_the_scraping_may_write_what_it_reads_elsewhere_and_no_more(engine: Engine, postgres: Postgres) -> None:
    add_company(engine, "nike.com", "nike")
    add_scraped_reviews(engine, [{}])
    add_run(engine)
    writer = _engine_of(WRITER, postgres)
    assert [statement for statement in WRITTEN if not _denied(writer, statement)] == []
    # Twice, because every migration does it again.
    assert _grant(engine) == _grant(engine) == [WRITER, ANALYST, READER]
    with writer.begin() as connection:
        for statement in WRITTEN:
            connection.execute(text(statement))
    assert [statement for statement in FORBIDDEN_TO_THE_WRITER if not _denied(writer, statement)] == []
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT source, stars_1 FROM scraped_count ORDER BY 1")).all()
    assert [tuple(row) for row in counted] == [("s", 1), ("trustpilot", 1)]


@pytest.mark.usefixtures("roles")
def test_the_analysis_may_read_texts_with_stars_and_no_more(engine: Engine, postgres: Postgres) -> None:
    _grant(engine)
    add_reviews(engine, [{"stars": 2, "client_hash": b"a" * 32, **scored(0.9, stars=5)}])
    add_scraped_reviews(engine, [{"title": "Fine", "reply": "Dear customer", "language": "en"}])
    analyst = _engine_of(ANALYST, postgres)
    with analyst.connect() as connection:
        rows = connection.execute(text("SELECT * FROM labelled_review ORDER BY source")).mappings().all()
    assert [row["source"] for row in rows] == ["opine", "trustpilot"]
    assert set(rows[0]) == {
        "source",
        "id",
        "brand_slug",
        "title",
        "text",
        "stars",
        "suggested_stars",
        "model_name",
        "model_version",
        "language",
        "written_at",
        "model_digest",
        "client",
    }
    assert rows[0]["client"] is None
    assert (rows[0]["stars"], rows[0]["suggested_stars"], rows[0]["model_version"]) == (2, 5, "1")
    assert (rows[1]["title"], rows[1]["suggested_stars"], rows[1]["language"]) == ("Fine", None, "en")
    assert [statement for statement in FORBIDDEN_TO_THE_ANALYST if not _denied(analyst, statement)] == []


@pytest.mark.usefixtures("roles")
def test_the_reader_may_read_texts_and_write_their_terms_and_no_more(
    engine: Engine,
    postgres: Postgres,
    settings: Settings,
    sentiment: FakeSentiment,  # noqa: ARG001  well
) -> None:
    _grant(engine)
    add_reviews(engine, [{"text": "Slow delivery", "client_hash": b"a" * 32}] * 2)
    reader = _engine_of(READER, postgres)
    wait_for_database(reader, "schema", 0)
    assert ReviewReader(reader, settings).read_all() == 2
    with engine.connect() as connection:
        terms = connection.execute(text("SELECT term, review_count, client_count FROM brand_term ORDER BY 1")).all()
    assert ("slow", 2, 1) in [tuple(row) for row in terms]
    assert measure(reader, settings, TIMES).figures[0].reviews_now == 0
    assert is_measured(reader, TIMES)
    assert [statement for statement in FORBIDDEN_TO_THE_READER if not _denied(reader, statement)] == []


@pytest.mark.usefixtures("roles")
def test_roles_are_waited_for(engine: Engine) -> None:
    wait_for_database(engine, "roles", 0, [READER, WRITER])
    with pytest.raises(TimeoutError, match="the role opine_absent is not there yet"):
        wait_for_database(engine, "roles", 0, [READER, "opine_absent"])


@pytest.mark.usefixtures("roles")
def test_rights_beyond_the_list_are_taken(engine: Engine, postgres: Postgres) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"GRANT ALL ON review, brand TO {WRITER}"))
        connection.execute(text(f"GRANT SELECT (client_hash) ON review TO {ANALYST}"))
    _grant(engine)
    assert _denied(_engine_of(WRITER, postgres), "SELECT text FROM review")
    assert _denied(_engine_of(WRITER, postgres), "UPDATE brand SET name = 'x'")
    assert _denied(_engine_of(ANALYST, postgres), "SELECT client_hash FROM review")


def test_roles_that_are_not_there_yet_are_passed_over(engine: Engine) -> None:
    assert _grant(engine) == []
    assert grant_roles(engine, scraping="", analysis="", reading="") == []


def test_the_owner_of_the_tables_is_not_restricted(engine: Engine) -> None:
    with pytest.raises(RoleError, match="opine owns the tables"):
        grant_roles(engine, scraping="opine", analysis="", reading="")
    with pytest.raises(RoleError, match="the role x cannot be two of"):
        grant_roles(engine, scraping="x", analysis="y", reading="x")
    assert not _denied(engine, "SELECT * FROM review")
