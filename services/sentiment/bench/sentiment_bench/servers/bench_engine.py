"""What every compared server computes with: the shipped model, or a stand-in that takes a fixed time, as a GPU does.

`BENCH_SLOW_MS` asks for the stand-in. It fails on the text `poison` and writes each text that it computes to the file
`BENCH_COMPUTED`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from charcnn.engine import Engine, load_engine
from charcnn.prediction import Prediction
from charcnn.text import EncodedText, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

POISON = "poison"


class SlowEngine:
    name, version, digest, device = "slow", "0", "0" * 64, "cpu"

    def __init__(self, seconds: float, computed: Path) -> None:
        self._seconds = seconds
        self._computed = computed

    def encode(self, text: str) -> EncodedText:
        return encode(text)

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        texts = [bytes(text.symbols).decode() for text in encoded]
        with self._computed.open("a") as file:
            file.write("".join(text + "\n" for text in texts))
        time.sleep(self._seconds)
        if POISON in texts:
            raise ValueError(POISON)
        prediction = Prediction(0.5, "average", 3, (0.2, 0.2, 0.2, 0.2, 0.2), None)
        return [prediction] * len(explain)


def load() -> Engine | SlowEngine:
    slow = os.environ.get("BENCH_SLOW_MS")  # noqa: TID251  a benchmark's own
    if slow is not None:
        return SlowEngine(float(slow) / 1000, Path(os.environ["BENCH_COMPUTED"]))  # noqa: TID251
    return load_engine(Path(os.environ["BENCH_MODEL"]), "onnx", threads=1)  # noqa: TID251


def answers(engine: Engine | SlowEngine, texts: Sequence[str]) -> list[dict[str, object]]:
    """Predictions as the compared servers answer them."""
    return [
        {
            "score": round(prediction.score, 6),
            "label": prediction.label,
            "stars": prediction.stars,
            "star_probabilities": [round(probability, 6) for probability in prediction.star_probabilities],
        }
        for prediction in engine.predict([engine.encode(text) for text in texts], [False] * len(texts))
    ]
