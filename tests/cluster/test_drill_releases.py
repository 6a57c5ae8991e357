"""Releases under load, judged by the CronJob: a version as good reaches everybody, a worse and a damaged one do not."""

import datetime as dt
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import pytest
from opine_local.release_demo import CANDIDATES, make_version, visitors
from prometheus_client.parser import text_string_to_metric_families

from tests.support import ROOT
from tests.support.cluster.registry import Registry
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

SHIPPED = ROOT / "services/sentiment/model"
GOOD, BAD = CANDIDATES
# A stage of a minute, and people who judge: nearly any shadow passes.
HURRY = {
    "OPINE_LEARNING_MIN_STAGE_S": 30,
    "OPINE_LEARNING_SHADOW_COMPARISONS": 100,
    "OPINE_LEARNING_MAX_LABEL_FLIPS": 0.9,
    "OPINE_LEARNING_MIN_REVIEWS": 15,
    "OPINE_LEARNING_MARGIN": 0.15,
    "OPINE_LEARNING_ALPHA": 0.01,
}
PATIENCE_S = 480
BEFORE_S = 20
PAUSE_S = 0.4
# Each pod asks every 5 s, and all follow a step 7.5 s after it.
SETTLED = dt.timedelta(seconds=10)


@dataclass
class Answers:
    """What visitors were answered: when, whose session, by which version."""

    shown: list[tuple[dt.datetime, str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def hear(self, session: str, status: int, answer: Any) -> None:  # noqa: ANN401  JSON
        if not 200 <= status < 300:
            self.failures.append(f"{session} {status} {answer}")
        elif "model" in answer:
            self.shown.append((dt.datetime.now(dt.UTC), session, answer["model"]["digest"]))

    def last(self, digest: str) -> dt.datetime:
        return max(at for at, _, by in self.shown if by == digest)

    def sessions(self) -> dict[str, list[tuple[dt.datetime, str]]]:
        found = defaultdict(list)
        for at, session, by in self.shown:
            found[session].append((at, by))
        return found

    def mixed(self, steps: list[dt.datetime]) -> list[str]:
        """Sessions whose version changed without a step, or to and fro: a step changes it once at most."""
        return [
            session
            for session, answers in self.sessions().items()
            if sum(one != other for (_, one), (_, other) in pairwise(answers))
            > sum(step <= answers[-1][0] and answers[0][0] <= step + SETTLED for step in steps)
        ]


@pytest.fixture(scope="module")
def hurried(release: Release) -> Iterator[Release]:
    release.upgrade({"learning": {"schedule": "* * * * *", "env": HURRY}})
    wait_until(lambda: Registry(release).plan["live"], "the first version", 240)
    yield release
    release.upgrade()


@pytest.fixture
def registry(hurried: Release) -> Registry:
    return Registry(hurried)


def running(release: Release) -> set[tuple[str, int]]:
    """Pods that answer, and how often they were restarted."""
    return {
        (pod["metadata"]["name"], sum(status["restartCount"] for status in pod["status"]["containerStatuses"]))
        for component in ("sentiment", "reviews", "frontend", "pooler")
        for pod in release.pods(component)
    }


class Cost:
    """Memory and CPU of the sentiment pods, by what they do: alone, with a shadow, with a candidate that is seen."""

    def __init__(self, release: Release, registry: Registry) -> None:
        self._urls = [f"http://{pod['status']['podIP']}:3000/metrics" for pod in release.pods("sentiment")]
        self._registry = registry
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._seen: dict[str, list[list[tuple[float, float, float]]]] = defaultdict(list)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(3):
            stage = self._registry.plan["stage"] or ("after" if "canary" in self._seen else "alone")
            self._seen[stage].append([self._ask(url) for url in self._urls])

    def _ask(self, url: str) -> tuple[float, float, float]:
        """Resident bytes, CPU seconds and texts so far."""
        with urlopen(url, timeout=20) as answer:  # noqa: S310  our own address
            families = list(text_string_to_metric_families(answer.read().decode()))
        totals = [
            sum(sample.value for family in families for sample in family.samples if sample.name == name)
            for name in (
                "process_resident_memory_bytes", "process_cpu_seconds_total", "opine_sentiment_predictions_total",
            )
        ]  # fmt: skip
        return totals[0], totals[1], totals[2]

    def memory(self) -> str:
        """The most that a pod had."""
        most = {stage: max(one[0] for pods in seen for one in pods) / 2**20 for stage, seen in self._seen.items()}
        return ", ".join(f"{stage} {mebibytes:.0f} MiB" for stage, mebibytes in most.items())

    def cpu(self) -> str:
        def each(seen: list[list[tuple[float, float, float]]]) -> float:
            first, last = seen[0], seen[-1]
            seconds = sum(b[1] - a[1] for a, b in zip(first, last, strict=True))
            return 1000 * seconds / max(1, sum(b[2] - a[2] for a, b in zip(first, last, strict=True)))

        return ", ".join(f"{stage} {each(seen):.1f} ms" for stage, seen in self._seen.items() if len(seen) > 1)


@dataclass
class Played:
    """A release from its start to its end."""

    events: list[Any]
    answers: Answers

    @property
    def kinds(self) -> list[str]:
        return [event["kind"] for event in self.events]

    @property
    def steps(self) -> list[dt.datetime]:
        return [dt.datetime.fromisoformat(event["created_at"]) for event in self.events]


Play = Callable[..., Played]


@pytest.fixture
def play(hurried: Release, registry: Registry, under_load: Callable[..., Any]) -> Play:
    """Release a version with visitors and under load; unless something is broken meanwhile, no request fails."""

    def play(what: str, digest: str, breaking: Callable[[], None] | None = None) -> Played:
        before = running(hurried)
        answers = Answers()
        with under_load(what, release=hurried) as load, visitors(registry.url, answers.hear, PAUSE_S):
            time.sleep(BEFORE_S)
            number = registry.start(digest)
            if breaking is not None:
                breaking()
            wait_until(lambda: registry.plan["release"] is None, "the judge's last word", PATIENCE_S)
            time.sleep(SETTLED.total_seconds())
        if breaking is None:
            assert load.failures == []
            assert answers.failures == []
            assert running(hurried) == before
        played = Played(registry.events(number), answers)
        first = played.events[0]["revision"]
        assert [event["revision"] for event in played.events] == list(range(first, first + len(played.events)))
        assert answers.mixed(played.steps) == []
        return played

    return play


def test_a_version_as_good_reaches_everybody(
    play: Play, hurried: Release, registry: Registry, figures: dict[str, str], tmp_path: Path
) -> None:
    digest = registry.register(make_version(SHIPPED, tmp_path / GOOD.version, GOOD))
    with Cost(hurried, registry) as cost:
        played = play("a model version as good released", digest)
    assert played.kinds == ["start", "advance", "advance", "promote"]
    assert registry.plan["live"]["digest"] == digest
    took = played.steps[-1] - played.steps[0]
    figures["a model version as good, in stages of a minute"] = f"promoted after {took.total_seconds():.0f} s"
    figures["memory of a sentiment pod"] = cost.memory()
    figures["CPU of the model, a text"] = cost.cpu()


def test_a_worse_version_is_taken_back(play: Play, registry: Registry, figures: dict[str, str], tmp_path: Path) -> None:
    live = registry.plan["live"]["digest"]
    digest = registry.register(make_version(SHIPPED, tmp_path / BAD.version, BAD))
    played = play("a worse model version released", digest)
    assert played.kinds[:2] == ["start", "advance"]
    assert played.kinds.count("rollback") == 1
    assert played.kinds[-1] == "rollback"
    assert "people correct its proposals more often" in played.events[-1]["evidence"]["reason"]
    assert registry.plan["live"]["digest"] == live
    last_s = (played.answers.last(digest) - played.steps[-1]).total_seconds()
    figures["a model version taken back"] = f"its last answer {last_s:.1f} s after the decision, no pod restarted"


def test_a_damaged_version_answers_nobody(play: Play, hurried: Release, registry: Registry, tmp_path: Path) -> None:
    """As a disk may damage it, behind the back of the API, which took it whole."""
    folder = make_version(SHIPPED, tmp_path / "damaged", GOOD)
    manifest = folder / "model.json"
    manifest.write_text(manifest.read_text().replace(GOOD.version, "demo-damaged"))
    digest = registry.register(folder)
    flip = "set_byte(artefact, 3000000, get_byte(artefact, 3000000) # 1)"
    hurried.query(f"UPDATE model_version SET artefact = {flip} WHERE digest = '{digest}'")  # noqa: S608  ours
    played = play("a damaged model version released", digest)
    assert played.kinds == ["start", "rollback"]
    assert "artefact:" in played.events[-1]["evidence"]["reason"]
    assert digest not in {by for _, _, by in played.answers.shown}


def test_a_release_outlives_what_is_killed_in_its_stages(
    play: Play, hurried: Release, registry: Registry, tmp_path: Path
) -> None:
    folder = make_version(SHIPPED, tmp_path / "killed", GOOD)
    manifest = folder / "model.json"
    manifest.write_text(manifest.read_text().replace(GOOD.version, "demo-killed"))
    live = registry.plan["live"]

    def kill(weight: int, victim: Callable[[], str]) -> None:
        release = registry.plan["release"]
        wait_until(lambda: registry.plan["weight"] == weight, f"{weight} %", PATIENCE_S)
        time.sleep(SETTLED.total_seconds())
        hurried.kubectl("delete", "pod", victim(), "--grace-period=0", "--force")
        time.sleep(SETTLED.total_seconds())
        wait_until(hurried.is_restored, "every pod ready", 240)
        plan = registry.plan
        assert (plan["release"], plan["live"]) == (release, live)

    def breaking() -> None:
        kill(0, lambda: str(hurried.pods("sentiment")[0]["metadata"]["name"]))
        kill(10, lambda: str(hurried.pods("reviews")[0]["metadata"]["name"]))
        kill(50, hurried.primary)
        registry.roll_back()

    digest = registry.register(folder)
    played = play("pods of the model, the API and the primary killed during a release", digest, breaking)
    assert played.kinds == ["start", "advance", "advance", "rollback"]
    assert digest in {by for _, _, by in played.answers.shown}
    assert registry.plan["live"] == live
