"""`opine-reviews` as it is run: in a process of its own."""

import datetime as dt
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from opine_local.ports import any_free
from opine_reviews.cli import main
from sqlalchemy import Engine, text

from tests.service.reviews.conftest import Run, Start
from tests.support.postgres import Postgres
from tests.support.reviews.rows import add_company, add_reviews, add_scraped_reviews, schema_at


def test_migrating_again_changes_nothing(run: Run, client: FlaskClient) -> None:
    done = run("migrate")
    assert done.returncode == 0, done.stdout
    assert client.get("/readyz").status_code == 200


def test_a_new_database_is_migrated_to_a_checkpoint_and_one_in_use_is_not(run: Run, engine: Engine) -> None:
    def last_checkpoint() -> str:
        with engine.connect() as connection:
            lsn: str = connection.scalar(text("SELECT checkpoint_lsn::text FROM pg_control_checkpoint()"))
        return lsn

    before = last_checkpoint()
    assert run("migrate").returncode == 0
    migrated = last_checkpoint()
    assert migrated != before
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE in_use AS SELECT repeat(n::text, 400) FROM generate_series(1, 20000) n"))
    try:
        assert run("migrate").returncode == run("seed-brands").returncode == 0
        assert last_checkpoint() == migrated
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE in_use"))


def test_code_that_is_older_than_the_schema_migrates_nothing(run: Run, engine: Engine) -> None:
    with schema_at(engine, "9999"):
        done = run("migrate")
        seeded = run("seed-brands")
    assert done.returncode == seeded.returncode == 0, done.stdout + seeded.stdout
    assert "9999" in done.stdout
    assert "newer than this code" in done.stdout


def test_a_list_of_brands_is_added(run: Run, client: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    path.write_text(
        "slug,name,website,sector\nnike,Nike Inc,https://www.nike.com,Shoes\nnew,New,https://new.com,Shoes\n"
    )
    done = run("seed-brands", "--file", str(path))
    assert done.returncode == 0, done.stdout
    names = [brand["name"] for brand in client.get("/api/v1/brands?sector=Shoes").get_json()["items"]]
    assert names == ["New", "Nike Inc"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"slug,name,website,sector\nNike,Nike,https://www.nike.com,Shoes\n", "line 2: slug"),
        (b"slug,name,website,sector\n", "no brand"),
        (b"slug,name,website,sector\nnike,Nik\xe9,https://www.nike.com,Shoes\n", "UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_wrong_list_ends_with_a_sentence(run: Run, tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "brands.csv"
    if content is not None:
        path.write_bytes(content)
    done = run("seed-brands", "--file", str(path))
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_clients_are_forgotten_after_a_time(run: Run, engine: Engine) -> None:
    known = {"client_hash": b"a" * 32, "user_agent_family": "Firefox"}
    now = dt.datetime.now(dt.UTC)
    add_reviews(engine, [known | {"created_at": now - dt.timedelta(days=days)} for days in (0, 29, 31, 400)])
    done = run("retain", "--days", "30")
    assert done.returncode == 0, done.stdout
    with engine.connect() as connection:
        kept = text("SELECT id FROM review WHERE client_hash IS NOT NULL AND user_agent_family IS NOT NULL ORDER BY id")
        assert connection.scalars(kept).all() == [1, 2]
        gone = text("SELECT id FROM review WHERE client_hash IS NULL AND user_agent_family IS NULL ORDER BY id")
        assert connection.scalars(gone).all() == [3, 4]


@pytest.mark.parametrize(("days", "kept"), [("30", [1, 2]), ("0", [1, 2, 3, 4])])
def test_scraped_reviews_go_when_they_were_read_long_ago(run: Run, engine: Engine, days: str, kept: list[int]) -> None:
    now = dt.datetime.now(dt.UTC)
    add_company(engine, "nike.com", "nike")
    read = [{"read_at": now - dt.timedelta(days=days)} for days in (0, 29, 31, 400)]
    add_scraped_reviews(engine, read)
    done = run("retain", "--days", "30", scraped_retention_days=days)
    assert done.returncode == 0, done.stdout
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM scraped_review ORDER BY id")).all() == kept
        assert connection.scalar(text("SELECT stars_4 FROM scraped_count")) == len(kept)


def test_migrating_gives_a_role_its_rights_once_it_is_there(run: Run, engine: Engine) -> None:
    may_write = text("SELECT has_table_privilege('late_role', 'scraped_review', 'INSERT')")
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE late_role"))
    try:
        assert run("migrate").returncode == 0
        with engine.connect() as connection:
            assert connection.scalar(may_write) is False
        done = run("migrate", scraping_role="late_role")
        assert done.returncode == 0, done.stdout
        assert "late_role" in done.stdout
        with engine.connect() as connection:
            assert connection.scalar(may_write) is True
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY late_role"))
            connection.execute(text("DROP ROLE late_role"))


def test_a_role_that_must_not_be_restricted_ends_with_a_sentence(run: Run) -> None:
    done = run("migrate", analysis_role="opine")
    assert done.returncode == 1
    assert "the role opine owns the tables" in done.stdout


def test_a_schema_that_is_missing_ends_with_a_sentence(run: Run, postgres: Postgres) -> None:
    done = run("seed-brands", database_url=postgres.url.rpartition("/")[0] + "/postgres")
    assert done.returncode == 1
    assert 'relation \\"brand\\" does not exist' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_database_that_is_away_ends_with_a_sentence(run: Run) -> None:
    done = run("migrate", database_url=f"postgresql+psycopg2://opine:x@127.0.0.1:{any_free()}/opine")
    assert done.returncode == 1
    assert "Connection refused" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("days", ["-1", "x", "36501"])
def test_an_odd_number_of_days_is_refused(days: str) -> None:
    assert refused("retain", "--days", days)


@pytest.mark.parametrize(("awaited", "seconds"), [("database", "0"), ("schema", "1e+06")])
def test_what_is_there_is_not_waited_for(run: Run, awaited: str, seconds: str) -> None:
    done = run("wait", awaited, "--seconds", seconds)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_a_newer_schema_is_not_waited_for(run: Run, engine: Engine) -> None:
    with schema_at(engine, "9999"):
        assert run("wait", "schema", "--seconds", "0").returncode == 0


def test_a_wait_says_what_for_and_ends_once_it_is_there(start: Start, engine: Engine) -> None:
    with schema_at(engine, "0000"):
        waiting = start("wait", "schema", "--seconds", "60")
        assert waiting.stdout is not None
        said = waiting.stdout.readline()
    _, stderr = waiting.communicate()
    assert "waiting for the schema: the schema is at 0000, this code needs " in said, said + stderr
    assert waiting.returncode == 0


def test_a_wait_for_the_schema_gives_up_where_only_the_database_is_there(run: Run, postgres: Postgres) -> None:
    elsewhere = postgres.url.rpartition("/")[0] + "/postgres"
    assert run("wait", "database", "--seconds", "0", database_url=elsewhere).returncode == 0
    done = run("wait", "schema", "--seconds", "0", database_url=elsewhere)
    assert done.returncode == 1
    assert 'gave up: relation \\"alembic_version\\" does not exist' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("awaited", ["database", "schema"])
def test_a_wait_for_a_database_that_stays_away_gives_up(run: Run, awaited: str) -> None:
    url = f"postgresql+psycopg2://opine:x@127.0.0.1:{any_free()}/opine"
    done = run("wait", awaited, "--seconds", "1", database_url=url)
    assert done.returncode == 1
    waiting, gave_up = done.stdout.splitlines()
    assert f"waiting for the {awaited}: connection to server" in waiting
    assert "gave up: connection to server" in gave_up
    assert "Connection refused" in gave_up


@pytest.mark.parametrize(
    "arguments",
    [
        ["tables", "--seconds", "1"],
        ["schema"],
        *(["schema", f"--seconds={wrong}"] for wrong in ("-1", "x", "inf", "nan")),
    ],
    ids=" ".join,
)
def test_a_wait_for_nothing_known_or_without_an_end_is_refused(arguments: list[str]) -> None:
    assert refused("wait", *arguments)


def refused(*arguments: str) -> bool:
    """Whether the command ends as argparse ends one, before it has read a setting; needs no process of its own."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code == 2
