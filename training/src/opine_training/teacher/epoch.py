"""What an epoch reads: all of it follows from the seed and the epoch's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from opine_training.teacher.tokens import batches, clipped, padded

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from opine_training.config.teaching import TeachConfig
    from opine_training.teacher.judging import Lessons

_SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Batch:
    tokens: Tensor
    """Shape (N, L)."""
    mask: Tensor
    """Shape (N, L)."""
    stars: Tensor
    """Shape (N,)."""


class TeachingEpoch:
    """The steps of an epoch by number."""

    def __init__(self, lessons: Lessons, config: TeachConfig, number: int) -> None:
        rng = np.random.default_rng([config.seed, number])
        self._texts, self._longest = lessons.texts, config.longest
        self._places = epoch_rows(lessons.stars, config.frequent_ratio, rng)
        if config.rows:
            self._places = self._places[even_rows(lessons.stars[self._places], config.rows, rng)]
        self._stars = lessons.stars[self._places]
        self._read = _prefixes(lessons.texts.lengths[self._places], config.prefix_share, rng)
        lengths = np.minimum(self._read, config.longest)
        blurred = lengths * rng.uniform(0.85, 1.18, len(lengths))  # so that neighbours change from epoch to epoch
        self._steps = batches(lengths, config.batch_tokens, np.argsort(blurred, kind="stable"))
        rng.shuffle(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> Batch:
        step = self._steps[number]
        texts = [clipped(self._texts[self._places[each]][: self._read[each]], self._longest) for each in step]
        return Batch(*padded(texts, self._texts.special), torch.from_numpy(self._stars[step]))


def epoch_rows(stars: NDArray[np.int64], frequent_ratio: float, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of the rows that are read: of the most frequent star no more than a multiple of the next one's rows."""
    rarer, frequent = np.argsort(np.bincount(stars, minlength=2), kind="stable")[-2:]
    rows = np.flatnonzero(stars == frequent)
    most = int(frequent_ratio * (stars == rarer).sum()) or len(rows)  # all, where all have the same star
    if most < len(rows):
        rows = rng.choice(rows, most, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(stars != frequent), rows]))


def even_rows(stars: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of at most so many rows: as many of each star as of any other, or all that a rare one has."""
    order = rng.permutation(len(stars))
    turns = np.empty(len(stars), np.int64)  # a row's place among those of its star
    for star in np.unique(stars):
        of_star = order[stars[order] == star]
        turns[of_star] = np.arange(len(of_star))
    return np.sort(order[np.argsort(turns[order], kind="stable")][:most])


def _prefixes(lengths: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """How many tokens are read of each text: of some the first 20 to 100 %."""
    cut = np.maximum(_SHORTEST, (lengths * rng.uniform(0.2, 1, len(lengths))).astype(np.int64))
    return np.where(rng.random(len(lengths)) < share, np.minimum(cut, lengths), lengths)
