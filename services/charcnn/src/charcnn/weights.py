"""A network's weights as they stand in an artefact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file

from charcnn.artefact import WEIGHTS, ArtefactError
from charcnn.config import STARS
from charcnn.features import row_count

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig


def load_weights(folder: Path, config: NetworkConfig) -> dict[str, NDArray[np.float32]]:
    """The tensors by their name in `charcnn.network.CharCNN`, widened to single precision.

    Raises:
        ArtefactError: they are not those of the configuration.
    """
    file = folder / WEIGHTS
    weights = {name: tensor.astype(np.float32) for name, tensor in load_file(file).items()}
    found, expected = {name: tensor.shape for name, tensor in weights.items()}, _shapes(config)
    if found != expected:
        name = min(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        raise ArtefactError(
            f"{file} does not fit its configuration ({name} is {found.get(name)}, not {expected.get(name)}). "
            "Export the model again."
        )
    return weights


def _shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    width = config.width
    linear = {"stem": (width, config.stride * config.embedding), "head": (len(STARS) + 1, width)}
    for number in range(len(config.dilations)):
        linear |= {f"blocks.{number}.convolution": (width, 3 * width), f"blocks.{number}.mix": (width, width)}
    return {
        "table.weight": (row_count(config), config.embedding),
        "bias": (len(STARS),),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
    }
