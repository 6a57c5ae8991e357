"""The default network: texts of any length packed one after the other, five classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.config import STARS
from charcnn.features import look_up_rows
from charcnn.packing import pack
from charcnn.text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.config import NetworkConfig
    from numpy.typing import NDArray

    from opine_training.networks.encoding import Inputs


@dataclass(frozen=True, slots=True)
class CharCNNEncoding:
    network: NetworkConfig
    look_up_dropout: float = 0.0
    key: str = "charcnn"
    classes: int = len(STARS)

    def encode(self, text: str) -> NDArray[np.uint8]:
        return encode(text).symbols

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        return lengths

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:
        if rng is not None:  # any place within a cell
            texts = [np.pad(text, (int(rng.integers(self.network.stride)), 0)) for text in texts]
        packed = pack(texts, stride=self.network.stride, gap=self.network.gap)
        rows = torch.from_numpy(look_up_rows(packed, self.network))
        if rng is not None and self.look_up_dropout:
            hashed = rows[:, 1:]
            hashed[torch.from_numpy(rng.random(hashed.shape, dtype=np.float32) < self.look_up_dropout)] = 0
        return rows, torch.from_numpy(packed.cell_text), len(texts)

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        return stars.astype(np.int64)
