"""What a model says of reviews, whatever kind of model it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Offsets = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """Of N texts."""

    probabilities: NDArray[np.float64]
    """p(bad), p(average), p(good), shape (N, 3)."""
    labels: NDArray[np.intp]
    """0-2, as the model decides, shape (N,)."""
    scores: NDArray[np.float64]
    """0-1, shape (N,)."""
    stars: NDArray[np.intp] | None
    """1-5, shape (N,); None of a model that proposes none."""
    uniform_prior_offsets: Offsets | None
    """What carries the logarithms of the probabilities to a uniform prior; None where it is not known."""

    def uniform_evidence(self) -> NDArray[np.float64] | None:
        """Logarithms of the probabilities under a uniform prior but for a constant, shape (N, 3)."""
        if self.uniform_prior_offsets is None:
            return None
        evidence: NDArray[np.float64] = np.log(np.maximum(self.probabilities, 1e-12)) + self.uniform_prior_offsets
        return evidence


class Reader(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def read(self, texts: Sequence[str]) -> Reading: ...


def joined(readings: Sequence[Reading]) -> Reading:
    """Readings by one model, one after the other."""
    stars = [reading.stars for reading in readings if reading.stars is not None]
    return Reading(
        np.concatenate([reading.probabilities for reading in readings]),
        np.concatenate([reading.labels for reading in readings]),
        np.concatenate([reading.scores for reading in readings]),
        np.concatenate(stars) if stars else None,
        readings[0].uniform_prior_offsets,
    )
