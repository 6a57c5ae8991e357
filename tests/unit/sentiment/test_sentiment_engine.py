"""Where a batch is computed, and that its answers and errors come either way."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from charcnn.prediction import Prediction
from charcnn.text import encode
from opine_sentiment.engine import BRIEF_S, EngineRunner, VersionedText, predict

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charcnn.text import EncodedText

README = ROOT / "services/sentiment/README.md"
TEXTS = ["good", "bad"]
LONG_S = 2 * BRIEF_S


class Engine:
    name, version, digest = "fake", "1", "f" * 64

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.threads: list[int] = []

    def encode(self, text: str, /) -> EncodedText:
        return encode(text)

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]:
        self.threads.append(threading.get_ident())
        if any(explain):
            raise ZeroDivisionError
        return [Prediction(0.5, "average", 3, (0, 0, 1, 0, 0), None) for _ in encoded]


@pytest.fixture(params=["cpu", "cuda"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(request.param)


@pytest.fixture
def runner(engine: Engine) -> Iterator[EngineRunner]:
    runner = EngineRunner(engine)
    yield runner
    runner.close()


async def answers(runner: EngineRunner, expected_s: float, *, explain: bool = False) -> list[Prediction]:
    computed = await runner.predict([runner.encode(text) for text in TEXTS], [explain] * len(TEXTS), expected_s)
    return list(computed.answers)


@pytest.mark.parametrize("expected_s", [BRIEF_S, LONG_S])
def test_only_what_is_brief_on_a_cpu_is_computed_on_the_event_loop(
    engine: Engine, runner: EngineRunner, expected_s: float
) -> None:
    assert len(asyncio.run(answers(runner, expected_s))) == len(TEXTS)
    here = engine.threads == [threading.get_ident()]
    assert here == (engine.device == "cpu" and expected_s == BRIEF_S)


@pytest.mark.parametrize("expected_s", [BRIEF_S, LONG_S])
def test_a_busy_event_loop_does_not_make_the_engine_look_slow(runner: EngineRunner, expected_s: float) -> None:
    """Else a loop full of refusals would have more requests refused (an estimate of 43 ms where a batch took 2)."""
    held_s = 0.5

    async def seconds() -> tuple[float, float]:
        called_at = time.monotonic()
        batch = runner.predict([runner.encode(text) for text in TEXTS], [False] * len(TEXTS), expected_s)
        time.sleep(held_s)  # noqa: ASYNC251  this is what holds the loop up
        return (await batch).seconds, time.monotonic() - called_at

    computed_s, heard_s = asyncio.run(seconds())
    assert computed_s < heard_s - held_s / 2


def test_readme_says_what_is_brief() -> None:
    assert f"should take at most {BRIEF_S * 1000:g} ms is computed on the event loop" in README.read_text()


@pytest.mark.parametrize("expected_s", [BRIEF_S, LONG_S])
def test_who_awaits_hears_of_an_error(runner: EngineRunner, expected_s: float) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(answers(runner, expected_s, explain=True))


def test_others_have_a_turn_between_two_brief_batches(runner: EngineRunner) -> None:
    async def turns() -> list[str]:
        seen: list[str] = []

        async def another() -> None:
            while True:
                seen.append("another")
                await asyncio.sleep(0)

        other = asyncio.create_task(another())
        for _ in range(3):
            await runner.predict([runner.encode(text) for text in TEXTS], [False, False], BRIEF_S)
            seen.append("batch")
        other.cancel()
        return seen

    seen = asyncio.run(turns())
    assert seen.count("batch") == 3
    assert ("batch", "batch") not in pairwise(seen)


def test_versions_share_a_batch_and_each_text_is_answered_by_its_own() -> None:
    class Numbered(Engine):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number
            self.lengths: list[list[int]] = []

        def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]:
            self.lengths.append([text.length for text in encoded])
            assert list(explain) == [text.length > 2 for text in encoded]
            return [Prediction(text.length / 10, "average", self.number, (0, 0, 1, 0, 0), None) for text in encoded]

    one, two = Numbered(1), Numbered(2)
    owners = [one, two, two, one]
    batch = [VersionedText(owner, encode("x" * (i + 1))) for i, owner in enumerate(owners)]
    answers = predict(batch, [len(text) > 2 for text in batch])
    assert [(answer.stars, answer.score) for answer in answers] == [(1, 0.1), (2, 0.2), (2, 0.3), (1, 0.4)]
    assert (one.lengths, two.lengths) == ([[1, 4]], [[2, 3]])
