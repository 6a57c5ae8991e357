"""The served model as a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import label_probabilities, proposed_stars, scores
from charcnn.config import STARS

from opine_training.evaluation.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from numpy.typing import NDArray

_TEXTS_A_CALL = 256


class EngineReader:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.name
        self.version = engine.version

    def read(self, texts: Sequence[str]) -> Reading:
        calibration = self.engine.manifest.calibration
        probabilities = calibration.probabilities(engine_logits(self.engine, texts))
        labels = calibration.labels(probabilities)
        return Reading(
            label_probabilities(probabilities),
            labels,
            scores(probabilities),
            proposed_stars(probabilities, labels),
            calibration.uniform_prior_offsets,
        )


def engine_logits(engine: Engine, texts: Sequence[str]) -> NDArray[np.float64]:
    """Before calibration, shape (N, 5), in the order of the texts; alike lengths are read together."""
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    logits = np.empty((len(texts), len(STARS)))
    for begin in range(0, len(order), _TEXTS_A_CALL):
        indices = order[begin : begin + _TEXTS_A_CALL]
        logits[indices] = engine.logits([engine.encode(texts[index]) for index in indices])
    return logits
