"""Score an artefact on reviews, by source and on their beginnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from opine_training.metrics import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from charcnn.prediction import Prediction

    from opine_training.corpus import Corpus

_TEXTS_A_CALL = 256


def evaluate(engine: Engine, corpus: Corpus) -> dict[str, Any]:
    """Figures in all and by source."""
    predictions = predict(engine, corpus.texts)
    by_source = {
        str(source): summary(corpus.stars[chosen], [predictions[place] for place in chosen])
        for source in np.unique(corpus.sources)
        for chosen in [np.flatnonzero(corpus.sources == source)]
    }
    return {"all": summary(corpus.stars, predictions), "sources": by_source}


def evaluate_beginnings(
    engine: Engine, corpus: Corpus, shares: Sequence[float] = (0.25, 0.5, 0.75)
) -> dict[str, float]:
    """Three-class accuracy when only the first part of each review has been typed."""
    accuracy = {}
    for share in shares:
        begun = [text[: max(1, round(len(text) * share))] for text in corpus.texts]
        accuracy[f"{share:.0%}"] = summary(corpus.stars, predict(engine, begun))["accuracy"]
    return accuracy


def predict(engine: Engine, texts: Sequence[str]) -> list[Prediction]:
    """In the order of the texts; alike lengths are read together."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    predictions: dict[int, Prediction] = {}
    for begin in range(0, len(order), _TEXTS_A_CALL):
        places = order[begin : begin + _TEXTS_A_CALL]
        encoded = [engine.encode(texts[place]) for place in places]
        predictions.update(zip(places, engine.predict(encoded, [False] * len(places)), strict=True))
    return [predictions[place] for place in range(len(texts))]
