from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Inputs = tuple["Tensor | int", ...]
"""What the network is called with."""


class Encoding(Protocol):
    """How texts become a network's inputs and stars its classes."""

    @property
    def key(self) -> str:
        """Changes with anything that changes what `encode` returns."""
        ...

    @property
    def classes(self) -> int: ...

    def encode(self, text: str) -> NDArray[np.uint8]:
        """Symbols of a text, shape (n,), as they are stored in a corpus."""
        ...

    def cost(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """Characters that the network reads of texts of these lengths, shape (N,)."""
        ...

    def inputs(self, texts: Sequence[NDArray[np.uint8]], rng: np.random.Generator | None) -> Inputs:
        """Inputs of N texts; with a generator, the way they are read varies as is good for training."""
        ...

    def classes_of(self, stars: NDArray[np.integer]) -> NDArray[np.int64]:
        """The classes of stars 0-4."""
        ...
