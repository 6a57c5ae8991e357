from __future__ import annotations

import string
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PUNCTUATION = np.frombuffer(string.punctuation.encode(), np.uint8)


def bare(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A text without punctuation; one that is nothing else stays."""
    kept = symbols[~np.isin(symbols, _PUNCTUATION)]
    return kept if len(kept) else symbols
