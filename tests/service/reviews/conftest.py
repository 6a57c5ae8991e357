"""One PostgreSQL and one application for all, each test with empty tables and a well sentiment service."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.migration import upgrade
from opine_reviews.settings import Settings
from sqlalchemy import Engine, NullPool, create_engine, text

from tests.support.fake_sentiment import FakeSentiment
from tests.support.postgres import Postgres, running_postgres
from tests.support.programs import environment_of
from tests.support.reviews.registry import REGISTRY_TOKEN, decide, register
from tests.support.reviews.rows import add_brands, empty_tables

if TYPE_CHECKING:
    from tests.support.reviews.artefacts import Artefact

Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., subprocess.CompletedProcess[str]]

ADMIN_TOKEN = "an admin token of these tests"
UNLIMITED = ("predictions_limit", "submissions_limit", "brands_limit", "reports_limit")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("reviews")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_sentiment() -> Iterator[FakeSentiment]:
    fake = FakeSentiment()
    yield fake
    fake.close()


@pytest.fixture(scope="session")
def settings(postgres: Postgres, shared_sentiment: FakeSentiment) -> Settings:
    return Settings.model_validate(
        {
            "database_url": postgres.url,
            "sentiment_url": shared_sentiment.url,
            "client_hash_key": "a key that is only used in these tests",
            "admin_token": ADMIN_TOKEN,
            "registry_token": REGISTRY_TOKEN,
            "sentiment_read_timeout_s": 0.5,
            # All tests are one client.
            **dict.fromkeys(UNLIMITED, ""),
        }
    )


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Iterator[Engine]:
    engine = create_engine(settings.database_url.unicode_string())
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(migrated: Engine) -> Engine:
    """Beside the application, with only the brands of `support.reviews.rows` in the tables."""
    empty_tables(migrated)
    add_brands(migrated)
    return migrated


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[Engine]:
    """An empty database beside the others' one."""
    admin = create_engine(postgres.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE scratch"))
        yield create_engine(postgres.url.rpartition("/")[0] + "/scratch", poolclass=NullPool)
        connection.execute(text("DROP DATABASE scratch"))


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def sentiment(shared_sentiment: FakeSentiment) -> FakeSentiment:
    shared_sentiment.reset()
    return shared_sentiment


@pytest.fixture
def client(app: Flask, engine: Engine, sentiment: FakeSentiment) -> FlaskClient:  # noqa: ARG001  emptied and well
    return app.test_client()


@pytest.fixture
def metrics(settings: Settings) -> Callable[[], str]:
    """What `/metrics` answers now: of an application that keeps no earlier look at the tables."""
    return lambda: create_app(settings).test_client().get("/metrics").text


@pytest.fixture
def registered(client: FlaskClient, artefacts: "list[Artefact]") -> "list[Artefact]":
    for artefact in artefacts[:3]:
        assert register(client, artefact).status_code == 201
    return artefacts


@pytest.fixture
def release(client: FlaskClient, registered: "list[Artefact]") -> str:
    """The path of an open release of the second version over the first; the plan's revision is 2."""
    live, candidate, *_ = registered
    assert decide(client, "release-plan/pin", 0, digest=live.digest).status_code == 200
    started = decide(client, "releases", 1, candidate=candidate.digest)
    assert started.status_code == 201
    return f"releases/{started.get_json()['release']}"


@pytest.fixture
def admin() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN_TOKEN}"}


@pytest.fixture
def start(postgres: Postgres, engine: Engine) -> Start:  # noqa: ARG001  emptied
    """`opine-reviews` in a process of its own, with settings beside those that it must have."""

    def start(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        given = {"database_url": postgres.url, "client_hash_key": "a key of these tests", **settings}
        return subprocess.Popen(
            [sys.executable, "-m", "opine_reviews", *arguments],
            env=environment_of("OPINE_REVIEWS_", given),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run(start: Start) -> Run:
    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        with start(*arguments, **settings) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> "list[Artefact]":
    # PyTorch comes with it, which few of these tests need.
    from tests.support.reviews.artefacts import three_versions_and_an_impostor  # noqa: PLC0415

    return three_versions_and_an_impostor(tmp_path_factory.mktemp("artefacts"))
