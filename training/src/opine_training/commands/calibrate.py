from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from opine_training.commands.parsing import parse, said_plainly
from opine_training.recalibration import CalibrationError, Reviews, recalibrate

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate:
    """Fit the probabilities of a model to given reviews and write it as a new version; its weights stay.

        calibrate --data reviews/ --out my-model --version 0.2.0
        calibrate --uniform-prior balanced.csv --out my-model --version 0.2.0

    With --data, temperature and star biases are fitted by likelihood and the label offsets by three-class
    macro-F1. With --uniform-prior, the offsets that carry the probabilities to a uniform prior are fitted by
    likelihood, every class weighing the same. Both may be given. Fit on reviews that are like those to come and
    that nothing was learned from.
    """

    model: Path = Path("services/sentiment/model")
    """Artefact folder; of a lineage model only the offsets to a uniform prior can be fitted."""
    out: Path
    """The new artefact's folder; what is there is replaced."""
    version: str
    """Of the new artefact."""
    reviews: Annotated[Reviews, tyro.conf.arg(name="")] = field(default_factory=Reviews)


def main(arguments: Sequence[str]) -> None:
    command = parse(Calibrate, "calibrate", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    with said_plainly(CalibrationError):
        calibration = recalibrate(command.model, command.out, command.version, command.reviews)
    sys.stdout.write(json.dumps(calibration.model_dump(), indent=2) + "\n")
