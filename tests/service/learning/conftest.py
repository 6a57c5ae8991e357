"""The registry with its PostgreSQL, the sentiment service with the shipped model, and versions to release."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from opine_learning.services import Registry, Sentiment
from opine_learning.settings import Settings
from opine_reviews.settings import Settings as ReviewsSettings

from tests.support.postgres import running_postgres
from tests.support.registry import TOKEN, Api
from tests.support.reviews.rows import migrated
from tests.support.sentiment.server import Launcher, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

PATIENCE_S = 60


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running_postgres(tmp_path_factory.mktemp("registry")) as server:
        yield migrated(server.url)


@pytest.fixture(scope="module")
def api(engine: Engine) -> Iterator[Api]:
    url = engine.url.render_as_string(hide_password=False)
    settings = {"database_url": url, "client_hash_key": "k" * 32, "registry_token": TOKEN}
    running = Api(ReviewsSettings.model_validate(settings))
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    launcher = Launcher(tmp_path_factory.mktemp("sentiment"))
    server = launcher.launch(
        "opine_sentiment.service:Sentiment",
        model_dir=None,
        registry_url=api.url,
        registry_poll_s="0.1",
        cache_dir=str(tmp_path_factory.mktemp("cache")),
    )
    server.until("/readyz", 200)
    yield server
    launcher.close()


@pytest.fixture(scope="module")
def settings(api: Api, server: Server) -> Settings:
    return Settings.model_validate(
        {"reviews_url": api.url, "sentiment_url": server.url, "registry_token": TOKEN, "timeout_s": 30}
    )


class Running(NamedTuple):
    """What a release goes through."""

    server: Server
    api: Api
    engine: Engine


@pytest.fixture
def running(server: Server, api: Api, engine: Engine) -> Running:
    return Running(server, api, engine)


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    registry = Registry(settings)
    yield registry
    registry.close()


@pytest.fixture
def sentiment(settings: Settings) -> Iterator[Sentiment]:
    sentiment = Sentiment(settings)
    yield sentiment
    sentiment.close()


def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def follows(server: Server, api: Api) -> None:
    """Wait until the sentiment service is at the registry's plan."""
    until(lambda: server.http.get("/v1/models").json()["revision"] == api.plan["revision"])
