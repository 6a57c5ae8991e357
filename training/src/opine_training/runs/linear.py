"""The linear part of a run, fitted once."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from charcnn.config import LinearConfig
from charcnn.linear import load_linear, save_linear

from opine_training.data.corpus import open_corpus
from opine_training.linear.fit import fit_linear
from opine_training.runs.folder import CORPUS

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.linear import LinearModel

    from opine_training.config.training import TrainConfig

LINEAR = "linear"
_CONFIG = "linear.json"


def linear_part(folder: Path, config: TrainConfig) -> LinearModel | None:
    """What the training rows of a run say by their phrases; None where none was asked for, or nothing is frequent."""
    if not config.linear.entries:
        return None
    kept = folder / LINEAR
    if not kept.exists():
        fitted = fit_linear(
            open_corpus(folder / CORPUS / "train"), config.linear, config.loss.class_balance, config.seed
        )
        if fitted is None:
            return None
        unfinished = folder / f"{LINEAR}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        (unfinished / _CONFIG).write_text(json.dumps(asdict(save_linear(fitted, unfinished))))
        unfinished.rename(kept)
    return load_linear(kept, LinearConfig(**json.loads((kept / _CONFIG).read_text())))
