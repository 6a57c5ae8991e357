"""The networks that can be trained: how texts become their inputs, how they are built, and their logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from charcnn.config import STARS
from charcnn.features import look_up_rows, pack
from charcnn.legacy_2019 import PADDING, Legacy2019Config, Legacy2019Network
from charcnn.legacy_2019 import encode as encode_2019
from charcnn.network import CharCNN
from charcnn.prediction import LABEL_OF_STAR
from charcnn.text import encode

from opine_training.corpus import TextEncoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.config import NetworkConfig
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus

Inputs = tuple["Tensor | int", ...]
"""What the network is called with."""


class Encoding(TextEncoding, Protocol):
    """How texts become a network's inputs and stars its classes."""

    @property
    def classes(self) -> int: ...

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """Characters that the network reads of texts of these lengths, shape (N,)."""
        ...

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:
        """Inputs of N texts.

        Args:
            texts: symbols, shape (n,) each.
            rng: varies the way they are read, as is good for training; None where answers are wanted.
        """
        ...

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        """The classes of stars 0-4."""
        ...


@dataclass(frozen=True, slots=True)
class CharCNNEncoding:
    """Texts of any length packed one after the other, five classes."""

    network: NetworkConfig
    look_up_dropout: float = 0.0
    key: str = "charcnn"
    classes: int = len(STARS)

    def encode(self, text: str) -> NDArray[np.uint8]:
        return encode(text).symbols

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        return lengths  # nothing is padded to the longest of a batch

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:
        # While training a text may begin anywhere in a cell: what is learned of a word must not depend on its offset.
        if rng is not None:
            texts = [np.pad(text, (int(rng.integers(self.network.stride)), 0)) for text in texts]
        packed = pack(texts, stride=self.network.stride, gap=self.network.gap)
        rows = torch.from_numpy(look_up_rows(packed, self.network))
        if rng is not None and self.look_up_dropout:
            hashed = rows[:, 1:]  # the character itself is always seen
            hashed[torch.from_numpy(rng.random(hashed.shape, dtype=np.float32) < self.look_up_dropout)] = 0
        return rows, torch.from_numpy(packed.cell_text), len(texts)

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        return stars.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Legacy2019Encoding:
    """The last 1,014 characters of a text from back to front, three classes."""

    network: Legacy2019Config

    @property
    def key(self) -> str:
        # Part of a cache's key: another name would encode every cached corpus again.
        return f"lineage-{self.network.max_length}"

    @property
    def classes(self) -> int:
        return self.network.classes

    def encode(self, text: str) -> NDArray[np.uint8]:
        # Stored without the padding, which is most of a short review; `inputs` puts it back.
        indices = encode_2019(text, self.network.max_length)
        read: NDArray[np.uint8] = indices[indices != PADDING]
        return read

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.full_like(lengths, self.network.max_length)

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:  # noqa: ARG002  this network reads every text in one way
        indices = np.full((len(texts), self.network.max_length), PADDING, np.uint8)
        for row, text in zip(indices, texts, strict=True):
            row[: len(text)] = text
        return (torch.from_numpy(indices),)

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = LABEL_OF_STAR[stars].astype(np.int64)
        return labels


def build_network(config: TrainConfig) -> nn.Module:
    """The network of a configuration, with weights at random."""
    if isinstance(config.network, Legacy2019Config):
        return Legacy2019Network(config.network)
    return CharCNN(config.network, dropout=config.dropout)


def build_encoding(config: TrainConfig) -> Encoding:
    """How the network of a configuration reads texts."""
    if isinstance(config.network, Legacy2019Config):
        return Legacy2019Encoding(config.network)
    return CharCNNEncoding(config.network, config.look_up_dropout)


def build_seeded(config: TrainConfig) -> nn.Module:
    """The network that a run of this configuration starts from."""
    # PyTorch draws weights from its global generator only.
    torch.manual_seed(config.seed)
    return build_network(config)


# Bounds memory: four times a step's, since no gradients are kept. Texts of like length share a batch, so that little of
# it is padding.
_BATCH_CHARACTERS = 65536


def predict_logits(network: torch.nn.Module, encoding: Encoding, corpus: Corpus) -> NDArray[np.float32]:
    """Shape (N, K), in the order of the corpus, on the device where the network is."""
    logits = np.empty((len(corpus), encoding.classes), np.float32)
    for indices in _batches(encoding.cost(corpus.lengths)):
        logits[indices] = _logits(network, encoding, [corpus.text_symbols(index) for index in indices])
    return logits


def read_logits(network: torch.nn.Module, encoding: Encoding, texts: Sequence[str]) -> NDArray[np.float32]:
    """Shape (N, K), of texts that are in no corpus."""
    symbols = [encoding.encode(text) for text in texts]
    logits = np.empty((len(texts), encoding.classes), np.float32)
    for indices in _batches(encoding.cost(np.array([len(text) for text in symbols], np.int64))):
        logits[indices] = _logits(network, encoding, [symbols[index] for index in indices])
    return logits


def _batches(cost: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(cost, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(np.cumsum(cost[order]) // _BATCH_CHARACTERS)) + 1)


@torch.inference_mode()
def _logits(network: torch.nn.Module, encoding: Encoding, texts: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    network.eval()
    device = next(network.parameters()).device
    inputs = (each.to(device) if isinstance(each, torch.Tensor) else each for each in encoding.inputs(texts, None))
    logits: NDArray[np.float32] = network(*inputs).float().cpu().numpy()
    return logits
