"""The judge with the real registry and the real sentiment service, from the first version to a release's end."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from charcnn.artefact import artefact_digest, read_manifest
from opine_learning.judge import Policy
from opine_learning.services import Registry, Sentiment, ServiceError
from opine_learning.steps import Decision, take_step

from tests.service.learning.conftest import Running, follows, until
from tests.support.programs import environment_of
from tests.support.registry import SHIPPED, TOKEN, Api, version
from tests.support.reviews.rows import add_reviews, scored
from tests.support.sentiment.server import Launcher

if TYPE_CHECKING:
    from pathlib import Path

    from opine_learning.settings import Settings
    from sqlalchemy import Engine

    from tests.support.sentiment.server import Server

# Texts enough, and no waiting; the harsher version has other labels for a third of the texts below.
POLICY = Policy(shadow_comparisons=30, max_label_flips=0.9, min_stage_s=0)
TEXTS = ["Great shop!", "never again", "it is fine, I suppose"]


def events(api: Api, release: int) -> list[Any]:
    found: list[Any] = api.get(f"release-events?release={release}")["items"][::-1]
    return found


def two_judges(settings: Settings, policy: Policy) -> list[Decision | None]:
    """Both look at the same moment."""
    found: list[Decision | None] = []
    both = threading.Barrier(2)

    def judge() -> None:
        registry, sentiment = Registry(settings), Sentiment(settings)
        read = registry.plan

        def plan() -> Any:  # noqa: ANN401  JSON
            answer = read()
            both.wait()
            return answer

        registry.plan = plan  # type: ignore[method-assign]
        found.append(take_step(registry, sentiment, policy, lambda _: None))
        registry.close()
        sentiment.close()

    judges = [threading.Thread(target=judge) for _ in range(2)]
    for one in judges:
        one.start()
    for one in judges:
        one.join()
    return found


def ask(server: Server, times: int) -> None:
    with httpx.Client(base_url=server.url) as client:
        for number in range(times):
            headers = {"X-Session-ID": f"visitor-{number}"}
            assert client.post("/v1/predict", json={"texts": TEXTS}, headers=headers).status_code == 200


def add_proposals(engine: Engine, digest: str, *, kept: int, corrected: int) -> None:
    chosen = [5] * kept + [1] * corrected
    row = {**scored(0.95, stars=5), "model_digest": digest, "created_at": dt.datetime.now(dt.UTC)}
    add_reviews(engine, [{**row, "stars": stars} for stars in chosen])


@dataclass
class Judge:
    """A judge, and what it has told."""

    registry: Registry
    sentiment: Sentiment
    decisions: list[Decision] = field(default_factory=list)

    def look(self) -> str | None:
        """The step that was taken."""
        taken = take_step(self.registry, self.sentiment, POLICY, self.decisions.append)
        return None if taken is None else taken.step


@pytest.fixture
def judge(registry: Registry, sentiment: Sentiment) -> Judge:
    return Judge(registry, sentiment)


@pytest.fixture(scope="module")
def first(settings: Settings, server: Server, api: Api) -> str:
    """The digest of the first version, which two judges took from the sentiment service at once."""
    decisions = two_judges(settings, POLICY)
    assert sorted(one is None for one in decisions) == [False, True]
    plan = api.plan
    assert (plan["revision"], plan["live"]["digest"]) == (1, api.register(SHIPPED))
    follows(server, api)
    return str(plan["live"]["digest"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("versions")


@pytest.mark.usefixtures("first")
def test_a_good_version_goes_from_the_shadow_to_everybody(
    settings: Settings, running: Running, judge: Judge, folder: Path
) -> None:
    server, api, engine = running
    first = api.plan["live"]["digest"]
    assert judge.look() is None, "without a release there is nothing to do"
    candidate = api.register(version(folder, "9.0.0", star_bias=[0.6, 0.3, 0, -0.3, -0.6]))
    release = api.decide("releases", candidate=candidate)["release"]
    follows(server, api)
    assert judge.look() is None, "nothing was compared yet"

    def enough() -> bool:
        ask(server, 10)
        return sum(report.shadow_flips("9.0.0")["label"].trials for report in judge.sentiment.reports()) >= 30

    until(enough)
    assert sorted(one is None for one in two_judges(settings, POLICY)) == [False, True]
    assert api.plan["weight"] == 10

    follows(server, api)
    ask(server, 60)
    add_proposals(engine, first, kept=700, corrected=300)
    add_proposals(engine, candidate, kept=60, corrected=20)
    assert judge.look() == "advance"
    assert api.plan["weight"] == 50
    assert judge.look() is None, "the evidence does not suffice"
    assert judge.look() is None
    (held,) = api.get(f"releases/{release}")["findings"]
    assert (held["kind"], held["evidence"]["reason"]) == ("judgement", "the evidence does not suffice yet")
    assert held["evidence"]["corrected_at_10"]["candidate_of"] == 80
    add_proposals(engine, first, kept=1400, corrected=600)
    add_proposals(engine, candidate, kept=1500, corrected=500)
    assert judge.look() == "promote"
    assert api.plan["live"]["digest"] == candidate

    start, shadow, tenth, half = events(api, release)
    assert [start["kind"], shadow["kind"], tenth["kind"], half["kind"]] == ["start", "advance", "advance", "promote"]
    assert shadow["actor"] == "learning"
    assert shadow["evidence"]["label_flips"]["comparisons"] >= 30
    counts = {"candidate": 20, "candidate_of": 80, "baseline": 300, "baseline_of": 1000}
    assert tenth["evidence"]["corrected_at_10"] == counts
    assert tenth["evidence"]["failed"]["candidate"] == 0
    assert tenth["evidence"]["failed"]["candidate_of"] > 0
    assert tenth["evidence"]["failed"]["baseline_of"] > 0
    assert half["evidence"]["corrected"]["e_as_good"] >= 20
    assert half["evidence"]["difference"]["most"] < 0.05
    assert [one.step for one in judge.decisions] == ["advance", "promote"]


def release_of(api: Api, server: Server, folder: Path, number: str, *, weight: int, **calibration: object) -> str:
    """Start a release and show it to so many; the candidate's digest."""
    digest = api.register(version(folder, number, **calibration))
    api.decide("releases", candidate=digest)
    if weight:
        api.decide("releases/{release}/advance")
    follows(server, api)
    return digest


@pytest.mark.usefixtures("first")
def test_a_worse_version_is_taken_back_by_a_judge_that_was_killed_before(
    running: Running, judge: Judge, folder: Path
) -> None:
    server, api, engine = running
    live = api.plan["live"]["digest"]
    candidate = release_of(api, server, folder, "9.1.0", weight=10, star_bias=[0.5, 0.3, 0, -0.3, -0.5])
    release = api.plan["release"]
    add_proposals(engine, live, kept=700, corrected=300)
    add_proposals(engine, candidate, kept=20, corrected=60)
    write = judge.registry.decide

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    judge.registry.decide = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        judge.look()
    assert api.plan["weight"] == 10
    judge.registry.decide = write  # type: ignore[method-assign]
    assert judge.look() == "rollback"
    assert judge.look() is None
    assert [one.step for one in judge.decisions] == ["rollback"]
    assert (api.plan["live"]["digest"], api.plan["candidate"]) == (live, None)
    assert [event["kind"] for event in events(api, release)] == ["start", "advance", "rollback"]


@pytest.mark.usefixtures("first")
def test_a_refused_version_is_taken_back_with_the_reason(running: Running, judge: Judge, folder: Path) -> None:
    server, api, _ = running
    release_of(api, server, folder, "9.2.0", weight=0, star_bias=[90, 0, 0, 0, 0])
    release = api.plan["release"]
    assert judge.look() == "rollback"
    assert events(api, release)[-1]["kind"] == "rollback"
    assert "refused: self_test" in events(api, release)[-1]["evidence"]["reason"]


def environment(settings: Settings) -> dict[str, str]:
    given = {"reviews_url": settings.reviews_url, "sentiment_url": settings.sentiment_url, "registry_token": TOKEN}
    return environment_of("OPINE_LEARNING_", given)


@pytest.mark.usefixtures("first")
def test_the_command_looks_once_and_says_what_it_saw(settings: Settings, running: Running, folder: Path) -> None:
    server, api, _ = running
    command = [sys.executable, "-m", "opine_learning", "step"]
    release_of(api, server, folder, "9.3.0", weight=10, star_bias=[0.4, 0.3, 0, -0.3, -0.4])
    held = subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=True)
    assert '"event": "held"' in held.stdout
    assert "only 0 reviews" in held.stdout
    assert "httpx" not in held.stdout
    api.decide("releases/{release}/rollback")
    away = environment(settings) | {"OPINE_LEARNING_REVIEWS_URL": "http://127.0.0.1:9"}
    failed = subprocess.run(command, env=away, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "OPINE_LEARNING_REVIEWS_URL says where it is" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


@pytest.mark.usefixtures("first")
def test_where_the_deployment_pins_a_version_the_judge_only_lets_the_registry_know_it(
    settings: Settings, api: Api, registry: Registry, folder: Path, tmp_path: Path
) -> None:
    pinned = version(folder, "9.5.0", temperature=1.2)
    launcher = Launcher(tmp_path)
    with contextlib.closing(launcher):
        server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=pinned, model_source="image")
        server.until("/readyz", 200)
        sentiment = Sentiment(settings.model_copy(update={"sentiment_url": server.url}))
        revision, digest = api.plan["revision"], artefact_digest(pinned, read_manifest(pinned))
        for _ in range(2):
            assert take_step(registry, sentiment, POLICY, lambda _: pytest.fail("it decided")) is None
        sentiment.close()
    assert registry.has(digest)
    assert not registry.has("0" * 64)
    assert api.plan["revision"] == revision


@pytest.mark.usefixtures("first")
def test_a_patient_look_waits_for_a_registry_that_is_not_there_yet(settings: Settings, api: Api) -> None:
    command = [sys.executable, "-m", "opine_learning", "step", "--patience", "60"]
    api.close()
    with subprocess.Popen(command, env=environment(settings), stdout=-1) as look:
        with pytest.raises(subprocess.TimeoutExpired):
            look.wait(4)
        api.open()
        said, _ = look.communicate(timeout=60)
    assert (look.returncode, said) == (0, b"")


def test_the_loop_survives_a_service_that_is_away_and_ends_when_it_is_told_to(settings: Settings) -> None:
    away = environment(settings) | {"OPINE_LEARNING_SENTIMENT_URL": "http://127.0.0.1:9", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "opine_learning", "run", "--every", "0.05"]
    with subprocess.Popen(command, env=away | {"OPINE_LEARNING_REVIEWS_URL": "http://127.0.0.1:9"}, stdout=-1) as loop:
        assert loop.stdout is not None
        line = loop.stdout.readline()
        assert b"there is no looking at the release" in line
        loop.send_signal(signal.SIGTERM)
        rest, _ = loop.communicate(timeout=30)
    assert loop.returncode == 0
    assert rest == b"", "it is said once"


def test_a_wrong_token_is_said_so(settings: Settings, api: Api) -> None:
    wrong = settings.model_copy(update={"registry_token": settings.registry_token.__class__("wrong")})
    registry = Registry(wrong)
    with pytest.raises(ServiceError, match="registry token"):
        registry.decide("/release-plan/pin", api.plan["revision"], digest="0" * 64)
    registry.close()
