"""The loop with the real registry, database and training: from labels enough to a release."""

from __future__ import annotations

import datetime as dt
import random
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from opine_learning.services import Registry, Sentiment
from opine_learning.settings import Settings
from opine_learning.steps import take_step
from opine_learning.training_policy import TrainingPolicy
from opine_learning.training_processes import TrainingProcesses
from opine_learning.trainings import Launcher, State, Trainings

from tests.service.learning.conftest import follows, until
from tests.support.registry import TOKEN
from tests.support.reviews.rows import add_reviews, scored
from tests.support.training.labelled import known, new

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.support.registry import Api
    from tests.support.sentiment.server import Server

POLICY = TrainingPolicy(labels=450, pause_s=0)


def trainings(api: Api) -> list[Any]:
    found: list[Any] = api.get("training-runs")["items"]
    return found


class Stub:
    """A launcher whose trainings do what a test says."""

    def __init__(self) -> None:
        self.states: dict[int, State] = {}
        self.stopped: list[int] = []
        self.in_the_way: str | None = None

    def obstacle(self) -> str | None:
        return self.in_the_way

    def start(self, run: int) -> None:
        self.states[run] = State("running")

    def state(self, run: int) -> State:
        return self.states.get(run, State("missing"))

    def stop(self, run: int) -> None:
        self.stopped.append(run)

    def close(self) -> None:
        pass


Services = tuple[Registry, Sentiment]


class Loop:
    """One learning service; a new one after it was killed."""

    def __init__(self, services: Services, launcher: Launcher, policy: TrainingPolicy = POLICY) -> None:
        self.told: list[str] = []
        self._trainings = Trainings(*services, launcher, policy, lambda decision: self.told.append(decision.reason))

    def look(self) -> str | None:
        decision = self._trainings.look()
        return None if decision is None else decision.step


@pytest.fixture(scope="module")
def first(settings: Settings, server: Server, api: Api) -> str:
    """The shipped model is live."""
    with closing(Registry(settings)) as registry, closing(Sentiment(settings)) as sentiment:
        take_step(registry, sentiment, settings.policy, lambda _: None)
    follows(server, api)
    return str(api.plan["live"]["digest"])


@pytest.fixture
def services(registry: Registry, sentiment: Sentiment) -> Services:
    return registry, sentiment


@pytest.fixture(scope="module")
def written(engine: Engine, first: str) -> None:
    """500 reviews, some in words that no model knows."""
    rng = random.Random(5)
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    rows = []
    for number in range(500):
        made = new(rng, number) if number % 2 else known(rng, number)
        proposed = scored(0.5, stars=made.suggested or 3)
        rows.append(
            {**proposed, "model_digest": first, "text": made.text, "stars": made.stars,
             "created_at": start + dt.timedelta(hours=2 * number - 40)}
        )  # fmt: skip
    add_reviews(engine, rows)


@pytest.mark.usefixtures("written")
def test_a_training_is_begun_followed_and_given_up(services: Services, api: Api) -> None:
    stub = Stub()
    assert Loop(services, stub, TrainingPolicy(labels=501)).look() is None, "there are 500 reviews"
    stub.in_the_way = "nobody can train here"
    assert Loop(services, stub).look() is None
    assert trainings(api) == []
    stub.in_the_way = None

    loop = Loop(services, stub)
    assert loop.look() == "train"
    (run,) = trainings(api)
    assert run["evidence"]["new"] == 500
    assert stub.state(run["id"]).kind == "running"
    assert loop.look() is None
    # Whoever started it is killed, and the training with it.
    again = Stub()
    assert Loop(services, again).look() is None
    assert again.state(run["id"]).kind == "running"
    again.states[run["id"]] = State("failed", "the disk is full")
    assert (loop := Loop(services, again)).look() == "training_failed"
    assert loop.told == [f"training {run['id']} is given up: the disk is full"]
    (run,) = trainings(api)
    assert (run["outcome"], run["result"]) == ("failed", {"reason": "the disk is full"})

    # What failed has taught nothing, so that the labels count again; but not at once.
    assert Loop(services, again, TrainingPolicy(labels=450, pause_s=3600)).look() is None
    assert Loop(services, again).look() == "train"
    later = trainings(api)[0]
    impatient = TrainingPolicy(labels=450, limit_s=1e-9)
    assert Loop(services, again, impatient).look() == "training_failed"
    assert again.stopped == [later["id"]]
    assert trainings(api)[0]["result"]["reason"].startswith("it took more than")

    assert Loop(services, again).look() == "train"
    silent = trainings(api)[0]["id"]
    again.states[silent] = State("ended")
    assert Loop(services, again).look() == "training_failed"
    assert trainings(api)[0]["result"]["reason"] == "it ended and did not say how"


@pytest.mark.usefixtures("written")
def test_a_version_learns_passes_and_is_released_though_everybody_is_killed(
    settings: Settings, services: Services, api: Api, engine: Engine, tmp_path: Path
) -> None:
    first = api.plan["live"]["digest"]
    given = settings.model_dump() | {
        "registry_token": TOKEN,
        "training_python": sys.executable,
        "training_arguments": "--brand-share 1",
        "training_dir": tmp_path,
        "training_database_url": engine.url.render_as_string(hide_password=False),
    }
    launcher = TrainingProcesses(Settings.model_validate(given))
    assert Loop(services, launcher).look() == "train"
    run = trainings(api)[0]["id"]
    until((tmp_path / f"training-{run}/dataset/manifest.json").exists, patience_s=300)
    launcher.close()
    again = TrainingProcesses(Settings.model_validate(given))
    loop = Loop(services, again)
    try:
        assert loop.look() is None
        assert again.state(run).kind == "running", "it goes on"
        until(lambda: again.state(run).kind != "running", patience_s=300)
    finally:
        again.close()
    (ended, *_) = trainings(api)
    assert ended["outcome"] == "registered", (tmp_path / f"training-{run}/output.txt").read_text()
    assert ended["result"]["chosen"] == "linear"
    made = api.get(f"models/{ended['version_digest']}")
    assert made["parent_digest"] == first
    assert made["training_run"] == f"training-{run}"
    assert made["metrics"]["gate"]["passed"] is True
    assert "frobbish" not in made["card"]

    assert loop.look() == "start"
    assert api.plan["candidate"]["digest"] == ended["version_digest"]
    assert loop.look() is None, "a release is open"
    api.decide("releases/{release}/rollback")
    assert loop.look() is None, "what was taken back stays back, and the labels have taught"
