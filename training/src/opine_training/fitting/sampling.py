"""Which rows an epoch reads, and which of them share a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.config.sampling import SamplingConfig


def epoch_places(classes: NDArray[np.int64], config: SamplingConfig, seed: int, epoch: int) -> NDArray[np.int64]:
    """Places in the corpus that an epoch reads, some of them more than once where they are drawn.

    Args:
        classes: of all rows, shape (N,).
        config: how classes are balanced.
        seed: of the run: classes are cut to the same rows in every epoch.
        epoch: rows are drawn anew in each.
    """
    if config.classes == "cut":
        return _cut(classes, config.ratio, np.random.default_rng(seed))
    places = np.arange(len(classes))
    if config.classes == "drawn":
        weight = 1 / np.bincount(classes)[classes]
        return np.random.default_rng([seed, epoch]).choice(places, len(places), p=weight / weight.sum())
    return places


def steps(
    places: NDArray[np.int64], cost: NDArray[np.int64], config: SamplingConfig, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The places, parted into steps of rows alike in length, in random order.

    Args:
        places: shape (M,).
        cost: characters to read of each, shape (M,).
        config: how large a step is.
        rng: of the epoch.
    """
    blurred = cost * rng.uniform(0.8, 1.25, len(cost))
    order = np.argsort(blurred, kind="stable")
    if config.batch_texts:
        part = np.arange(len(order)) // config.batch_texts
    else:
        part = (np.cumsum(cost[order]) - 1) // config.batch_characters
    parted = np.split(places[order], np.flatnonzero(np.diff(part)) + 1)
    rng.shuffle(parted)
    return parted


def _cut(classes: NDArray[np.int64], ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    shuffled = rng.permutation(len(classes))
    present = np.unique(classes)
    most = int(ratio * min((classes == each).sum() for each in present))
    kept = [shuffled[classes[shuffled] == each][:most] for each in present]
    return np.sort(np.concatenate(kept))
