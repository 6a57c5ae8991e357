from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHORTEST = 20
_EVEN = 0.5


def prefix(symbols: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The first 20 to 100 % of a text: one that is still being typed."""
    return symbols[: max(_SHORTEST, int(len(symbols) * rng.uniform(0.2, 1)))]


def stretch(symbols: NDArray[np.uint8], rng: np.random.Generator, longest: int) -> NDArray[np.uint8]:
    """The start or the end of a text that is longer than `longest`."""
    if len(symbols) <= longest:
        return symbols
    return symbols[:longest] if rng.random() < _EVEN else symbols[-longest:]
