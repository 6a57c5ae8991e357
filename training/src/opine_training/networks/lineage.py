"""The network of 2019: the last 1,014 characters of a text from back to front, three classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.calibration import LABEL_OF_STAR
from charcnn.legacy_2019 import PADDING, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.legacy_2019 import Legacy2019Config
    from numpy.typing import NDArray

    from opine_training.networks.encoding import Inputs


@dataclass(frozen=True, slots=True)
class LineageEncoding:
    network: Legacy2019Config

    @property
    def key(self) -> str:
        return f"lineage-{self.network.max_length}"

    @property
    def classes(self) -> int:
        return self.network.classes

    def encode(self, text: str) -> NDArray[np.uint8]:
        places = encode(text, self.network.max_length)
        read: NDArray[np.uint8] = places[places != PADDING]
        return read

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.full_like(lengths, self.network.max_length)

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:  # noqa: ARG002  this network reads every text in one way
        places = np.full((len(texts), self.network.max_length), PADDING, np.uint8)
        for row, text in zip(places, texts, strict=True):
            row[: len(text)] = text
        return (torch.from_numpy(places),)

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = LABEL_OF_STAR[stars].astype(np.int64)
        return labels
