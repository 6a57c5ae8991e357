from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro  # noqa: TC002  asked for the type at run time
from charcnn.prediction import LABELS

from opine_training.artefacts import load_model
from opine_training.config import parse

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Print one JSON object a text: stars, label, score and the probabilities of bad, average and good.

        predict "Great shop!" "Never again." --model runs/mine/artefact

    Without texts, each line of the standard input is one.
    """

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    model: Path = Path("services/sentiment/model")
    """Artefact folder."""


def main(arguments: Sequence[str]) -> None:
    command = parse(Predict, "predict", arguments)
    texts = command.texts or tuple(line.rstrip("\n") for line in sys.stdin)
    model = load_model(command.model)
    predictions = model.predict(texts)
    for index, text in enumerate(texts):
        found = {
            "text": text,
            "stars": None if predictions.stars is None else int(predictions.stars[index]),
            "label": LABELS[predictions.labels[index]],
            "score": round(float(predictions.scores[index]), 4),
            "probabilities": [round(each, 4) for each in predictions.probabilities[index].tolist()],
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
