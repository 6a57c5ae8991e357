"""Batches of like length, with the augmentation of a training step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.features import look_up_rows
from charcnn.packing import pack

if TYPE_CHECKING:
    from charcnn.config import NetworkConfig
    from numpy.typing import NDArray

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Batch:
    rows: torch.Tensor
    """Look-ups, shape (S, F)."""
    cell_text: torch.Tensor
    """Shape (T,)."""
    stars: torch.Tensor
    """Shape (N,)."""
    index: NDArray[np.int64]
    """Shape (N,): places in the corpus."""

    @property
    def texts(self) -> int:
        return len(self.index)


def epoch_order(lengths: NDArray[np.int64], batch_characters: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Places of the corpus in batches of about `batch_characters`, alike in length, in random order."""
    blurred = lengths * rng.uniform(0.8, 1.25, len(lengths))
    order = np.argsort(blurred, kind="stable")
    part = (np.cumsum(lengths[order]) - 1) // batch_characters
    batches = np.split(order, np.flatnonzero(np.diff(part)) + 1)
    rng.shuffle(batches)
    return batches


def training_batch(
    corpus: Corpus, index: NDArray[np.int64], network: NetworkConfig, config: TrainConfig, rng: np.random.Generator
) -> Batch:
    texts = [_augmented(corpus.text_symbols(place), network, config, rng) for place in index]
    batch = _batch(corpus, index, texts, network)
    hashed = batch.rows[:, 1:]
    hashed[torch.from_numpy(rng.random(hashed.shape, dtype=np.float32) < config.look_up_dropout)] = 0
    return batch


def evaluation_batch(corpus: Corpus, index: NDArray[np.int64], network: NetworkConfig) -> Batch:
    """Whole texts."""
    texts = [corpus.text_symbols(place) for place in index]
    return _batch(corpus, index, texts, network)


def _batch(corpus: Corpus, index: NDArray[np.int64], texts: list[NDArray[np.uint8]], network: NetworkConfig) -> Batch:
    packed = pack(texts, stride=network.stride, gap=network.gap)
    return Batch(
        rows=torch.from_numpy(look_up_rows(packed.symbols, network)),
        cell_text=torch.from_numpy(packed.cell_text),
        stars=torch.from_numpy(corpus.stars[index]),
        index=index,
    )


def _augmented(
    text: NDArray[np.uint8], network: NetworkConfig, config: TrainConfig, rng: np.random.Generator
) -> NDArray[np.uint8]:
    if rng.random() < config.prefix_share:
        text = text[: max(20, int(len(text) * rng.uniform(0.2, 1)))]
    if len(text) > config.truncate:
        text = text[: config.truncate] if rng.random() < 0.5 else text[-config.truncate :]  # noqa: PLR2004
    return np.pad(text, (int(rng.integers(network.stride)), 0))  # any place within a cell
