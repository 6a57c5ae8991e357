"""PostgreSQL away, or of another mind."""

import threading

import pytest
from opine_local.ports import any_free
from opine_scraping.database.output import DatabaseOutput
from opine_scraping.outputs import OutputError, Written
from sqlalchemy import Engine, make_url, text

from tests.support.postgres import Postgres
from tests.support.scraping.items import MakeOutput, company, report, review, start


def _kept(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM scraped_review")) or 0)


def test_an_outage_is_waited_out_and_loses_nothing(output: DatabaseOutput, engine: Engine, postgres: Postgres) -> None:
    run = start()
    output.open(run)
    output.write([company(), review(1)])
    engine.dispose()
    postgres.kill()
    back = threading.Timer(1.5, postgres.start)
    back.start()
    assert output.write([review(1), review(2)]) == Written(new=1, already_there=1)
    back.join()
    output.close(report(run))
    assert _kept(engine) == 2


def test_too_long_an_outage_is_an_error_and_nothing_is_kept(
    make_output: MakeOutput, engine: Engine, postgres: Postgres
) -> None:
    output = make_output(patience_s=1.0)
    output.write([company()])
    engine.dispose()
    postgres.kill()
    try:
        with pytest.raises(OutputError, match=r"PostgreSQL at 127\.0\.0\.1:\d+/opine was away for 1 s"):
            output.write([review(1)])
    finally:
        postgres.start()
    assert _kept(engine) == 0
    assert output.write([review(1)]) == Written(new=1, already_there=0)


def test_a_refusal_is_told_at_once(engine: Engine, database_url: str) -> None:
    wrong = make_url(database_url).set(password="another").render_as_string(hide_password=False)
    with pytest.raises(OutputError, match=r"refuses: .*password authentication failed") as refused:
        DatabaseOutput(wrong, patience_s=60).open(start())
    assert "another" not in str(refused.value)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE scrape_run RENAME TO elsewhere"))
    try:
        with pytest.raises(OutputError, match='refuses: relation "scrape_run" does not exist'):
            DatabaseOutput(database_url, patience_s=60).open(start())
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO scrape_run"))


def test_no_server_and_no_address_are_named() -> None:
    with pytest.raises(OutputError, match=r"was away for 0 s: .*Connection refused"):
        DatabaseOutput(f"postgresql+psycopg2://x:y@127.0.0.1:{any_free()}/opine", patience_s=0).open(start())
    with pytest.raises(OutputError, match="is not like postgresql"):
        DatabaseOutput("opine")
