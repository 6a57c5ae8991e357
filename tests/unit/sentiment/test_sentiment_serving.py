"""Who answers a session, and what a version must do before it answers anybody."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
from charcnn.prediction import Prediction
from charcnn.text import encode
from opine_sentiment.releases.proof import COMPLAINT, MOST_SLOWDOWN, PRAISE, ProofError, prove
from opine_sentiment.releases.serving import NotLoadedError, ServedVersions, Serving, version_of
from prometheus_client import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.text import EncodedText

T = TypeVar("T")
SESSIONS = [f"session-{number}" for number in range(2000)]


class Engine:
    """Scores praise 0.9, a complaint 0.1 and the rest 0.5; a subclass does something wrong."""

    name, device = "fake", "cpu"

    def __init__(self, version: str = "1", rounds: int = 1) -> None:
        self.version = version
        self.digest = version * 64
        self._rounds = rounds

    def encode(self, text: str, /) -> EncodedText:
        return encode(text)

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]:
        for _ in range(self._rounds):
            sum(range(20_000))
        scores = {len(encode(PRAISE)): 0.9, len(encode(COMPLAINT)): 0.1}
        return [
            self.prediction(scores.get(len(text), 0.5), text.length if wanted else None)
            for text, wanted in zip(encoded, explain, strict=True)
        ]

    def prediction(self, score: float, length: int | None) -> Prediction:
        contributions = None if length is None else np.zeros(length, np.float32)
        return Prediction(score, "average", 3, (0.2, 0.2, 0.2, 0.2, 0.2), contributions)


LIVE, CANDIDATE = version_of(Engine("1")), version_of(Engine("2"))


def share(serving: Serving) -> float:
    return sum(serving.choose(session) is CANDIDATE for session in SESSIONS) / len(SESSIONS)


@pytest.mark.parametrize("weight", [10, 50, 100])
def test_as_many_sessions_see_the_candidate_as_the_weight_says(weight: int) -> None:
    assert share(Serving(LIVE, CANDIDATE, 7, weight)) == pytest.approx(weight / 100, abs=0.03)


def test_a_session_sees_one_version_and_keeps_it_when_the_weight_grows() -> None:
    tenth, half = Serving(LIVE, CANDIDATE, 7, 10), Serving(LIVE, CANDIDATE, 7, 50)
    chosen = {session for session in SESSIONS if tenth.choose(session) is CANDIDATE}
    assert chosen == {session for session in SESSIONS if tenth.choose(session) is CANDIDATE}
    assert all(half.choose(session) is CANDIDATE for session in chosen)


def test_another_release_is_tried_by_others() -> None:
    first, second = (
        {session for session in SESSIONS if Serving(LIVE, CANDIDATE, release, 10).choose(session) is CANDIDATE}
        for release in (7, 8)
    )
    assert len(first & second) < len(first) / 2


@pytest.mark.parametrize("session", [None, "", "with space", "x" * 129, "no\nheader"])
def test_what_is_no_session_is_answered_by_the_live_version(session: str | None) -> None:
    assert Serving(LIVE, CANDIDATE, 7, 100).choose(session) is LIVE


def test_a_shadow_answers_nobody_but_who_insists() -> None:
    serving = Serving(LIVE, CANDIDATE, 7, 0)
    assert share(serving) == 0
    assert serving.shadow is CANDIDATE
    assert serving.choose(None, "2" * 64) is CANDIDATE
    with pytest.raises(NotLoadedError, match=f"loaded is {'1' * 64}, {'2' * 64}"):
        serving.choose(None, "3" * 64)


def test_a_refused_candidate_answers_nobody_and_is_counted_once() -> None:
    versions = ServedVersions(LIVE, "shipped", "onnx", "fp32")
    versions.put_in_force(Serving(LIVE, CANDIDATE, 7, 100), 3, "registry")
    before = REGISTRY.get_sample_value("opine_sentiment_refused_versions_total", {"reason": "failed"}) or 0
    for _ in range(2):
        versions.refuse(CANDIDATE.model.digest, "failed", "it fails")
    assert versions.serving == Serving(LIVE)
    assert versions.refused[CANDIDATE.model.digest].reason == "it fails"
    assert REGISTRY.get_sample_value("opine_sentiment_refused_versions_total", {"reason": "failed"}) == before + 1


async def here(work: Callable[[], T]) -> T:
    return work()


def proven(engine: Engine, live: Engine | None = None) -> None:
    asyncio.run(prove(engine, live or Engine(rounds=3), here))


def test_a_version_that_makes_sense_and_is_quick_passes() -> None:
    proven(Engine(rounds=3))


class Raises(Engine):
    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]:
        raise RuntimeError(f"no such operator for {len(encoded)} texts, {sum(explain)} explained")


class NotANumber(Engine):
    def prediction(self, score: float, length: int | None) -> Prediction:
        return super().prediction(score * math.nan, length)


class UpsideDown(Engine):
    def prediction(self, score: float, length: int | None) -> Prediction:
        return super().prediction(1 - score, length)


class OfNoCharacter(Engine):
    def prediction(self, score: float, length: int | None) -> Prediction:
        return super().prediction(score, length and length - 1)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Raises, "no such operator"),
        (NotANumber, "probabilities"),
        (UpsideDown, "scores a complaint 0.90 and praise 0.10"),
        (OfNoCharacter, "one finite number a character"),
    ],
)
def test_a_version_that_makes_no_sense_is_refused(broken: type[Engine], said: str) -> None:
    with pytest.raises(ProofError, match=said) as refusal:
        proven(broken())
    assert refusal.value.kind == "self_test"


def test_a_version_that_is_too_slow_is_refused() -> None:
    with pytest.raises(ProofError, match=f"{MOST_SLOWDOWN:g} times are allowed") as refusal:
        proven(Engine(rounds=60), Engine(rounds=3))
    assert refusal.value.kind == "too_slow"
