"""The linear part as it stands in an artefact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from charcnn.artefact import LINEAR, ArtefactError
from charcnn.config import STARS, LinearConfig
from charcnn.linear.model import LinearModel

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = {"fingerprints": np.uint32, "weights": np.float16, "addends": np.float16, "bias": np.float32}


def save_linear(model: LinearModel, folder: Path) -> LinearConfig:
    """Write the file, with weights and addends in half precision."""
    save_file(
        {name: np.ascontiguousarray(getattr(model, name).astype(kind)) for name, kind in _TYPES.items()},
        folder / LINEAR,
    )
    return LinearConfig(words=model.words, entries=len(model.fingerprints))


def load_linear(folder: Path, config: LinearConfig) -> LinearModel:
    """Widened to single precision.

    Raises:
        ArtefactError: the file does not fit its configuration.
    """
    file = folder / LINEAR
    tensors = load_file(file)
    entries = (config.entries,)
    expected = {"fingerprints": entries, "weights": entries, "addends": (*entries, len(STARS)), "bias": (len(STARS),)}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if found != expected or not np.all(np.diff(tensors["fingerprints"].astype(np.int64)) > 0):
        raise ArtefactError(f"{file} does not fit its configuration. Export the model again.")
    return LinearModel(
        words=config.words,
        fingerprints=tensors["fingerprints"],
        **{name: tensors[name].astype(np.float32) for name in ("weights", "addends", "bias")},
    )
