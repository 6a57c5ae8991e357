from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from opine_training.evaluation.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from opine_training.evaluation.reading import Offsets


class BaselineReader:
    """A classifier into bad, average and good; it proposes no stars."""

    version = ""

    def __init__(self, name: str, probabilities: Callable[[Sequence[str]], NDArray[np.float64]]) -> None:
        self.name = name
        self.uniform_prior_offsets: Offsets | None = None
        self._probabilities = probabilities

    def read(self, texts: Sequence[str]) -> Reading:
        probabilities = self._probabilities(texts)
        return Reading(
            probabilities,
            probabilities.argmax(axis=1),
            probabilities @ np.array([0, 0.5, 1]),
            None,
            self.uniform_prior_offsets,
        )
