"""The service around an engine that the tests hold, release and break by files in the model folder."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from charcnn.prediction import Prediction
from charcnn.text import EncodedText, encode
from opine_sentiment.service import settings

from tests.support.sentiment.variant import original, variant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A first batch, and two each of two sizes to measure.
WARM_UP_BATCHES = 5


class StandInEngine:
    """Scores a text by its length, so that an answer shows whose it is; fails on a text of 13 characters.

    While there is a file `broken` in its folder, it fails on everything.
    """

    name, version, digest = "stand-in", "7.0.0", "7" * 64
    device = "stand-in"  # on a CPU so quick an engine would be held on the event loop

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warm_up_batches = WARM_UP_BATCHES

    def encode(self, text: str) -> EncodedText:
        return encode(text)

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        if self._warm_up_batches:
            _wait_for(self._folder / "warm")
            self._warm_up_batches -= 1
        else:
            with (self._folder / "computed").open("a") as computed:
                computed.write("".join(f"{text.length}\n" for text in encoded))
            _wait_for(self._folder / "go")
        if any(text.length == 13 for text in encoded):
            raise RuntimeError("thirteen")
        if (self._folder / "broken").exists():
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return [
            Prediction(
                score=text.length / 100_000,
                label="good",
                stars=4,
                star_probabilities=(0.0, 0.0, 0.0, 1.0, 0.0),
                contributions=np.full(text.length, 1 / 3, np.float32) if explained else None,
            )
            for text, explained in zip(encoded, explain, strict=True)
        ]


class StandIn(original.inner):  # type: ignore[misc]
    @staticmethod
    def load_engine() -> StandInEngine:
        return StandInEngine(settings.model_dir)

    @staticmethod
    def check_model() -> None:
        """Any folder will do."""


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


Sentiment = variant(StandIn)
