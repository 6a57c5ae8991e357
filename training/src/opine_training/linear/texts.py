"""Word n-grams of many texts at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charcnn.linear.ngrams import word_ngrams
from charcnn.packing import pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from charcnn.packing import Packed
    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus

_TEXTS = 2000
STRIDE = 1


@dataclass(frozen=True, slots=True)
class Occurrences:
    """M word n-grams in N texts."""

    texts: int
    text: NDArray[np.int64]
    """Shape (M,): places of the texts."""
    fingerprints: NDArray[np.uint32]
    """Shape (M,)."""


def packed_texts(corpus: Corpus) -> Iterator[Packed]:
    """All texts in order, some thousands at a time, a symbol a cell."""
    for first in range(0, len(corpus), _TEXTS):
        places = range(first, min(first + _TEXTS, len(corpus)))
        yield pack([corpus.text_symbols(place) for place in places], stride=STRIDE, gap=1)


def occurrences(packed: Packed, words: int) -> Occurrences:
    found = word_ngrams(packed.symbols, words)
    return Occurrences(len(packed.starts), packed.cell_text[found.begins], found.fingerprints)
