"""The served model as a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import label_probabilities
from charcnn.prediction import LABELS

from opine_training.evaluation.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from charcnn.prediction import Prediction

_TEXTS_A_CALL = 256


class EngineReader:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.name
        self.version = engine.version

    def read(self, texts: Sequence[str]) -> Reading:
        predictions = predict(self.engine, texts)
        stars = np.array([prediction.star_probabilities for prediction in predictions]).reshape(-1, 5)
        return Reading(
            label_probabilities(stars),
            np.array([LABELS.index(prediction.label) for prediction in predictions], np.intp),
            np.array([prediction.score for prediction in predictions]),
            np.array([prediction.stars for prediction in predictions], np.intp),
            self.engine.manifest.calibration.uniform_prior_offsets,
        )


def predict(engine: Engine, texts: Sequence[str]) -> list[Prediction]:
    """In the order of the texts; alike lengths are read together."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    predictions: dict[int, Prediction] = {}
    for begin in range(0, len(order), _TEXTS_A_CALL):
        places = order[begin : begin + _TEXTS_A_CALL]
        encoded = [engine.encode(texts[place]) for place in places]
        predictions.update(zip(places, engine.predict(encoded, [False] * len(places)), strict=True))
    return [predictions[place] for place in range(len(texts))]
