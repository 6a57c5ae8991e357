"""Word n-grams of symbols, by fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.alphabet import BLANK
from charcnn.hashing import last_powers, mix, running_sums
from charcnn.words import fold_case, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ODD = np.uint32(0x9E3779B1)


@dataclass(frozen=True, slots=True)
class WordNgrams:
    """M occurrences."""

    fingerprints: NDArray[np.uint32]
    """Shape (M,): 32 bits of hash."""
    begins: NDArray[np.intp]
    """Shape (M,): the first symbol."""
    ends: NDArray[np.intp]
    """Shape (M,): one past the last symbol."""


def word_ngrams(symbols: NDArray[np.uint8], longest: int) -> WordNgrams:
    """All n-grams of 1 to `longest` words; none reaches over a blank, so texts may be packed."""
    folded = fold_case(symbols)
    begins, ends = spans(folded)
    sums = running_sums(folded)
    words = mix((sums[ends] - sums[begins]) * last_powers(len(folded))[ends - 1])
    text = np.cumsum(symbols == BLANK)[begins]
    found = [(words, begins, ends)]
    last = words
    for before in range(1, min(longest, len(words))):
        last = mix(last[:-1] * _ODD + words[before:])
        together = text[before:] == text[:-before]
        found.append((last[together], begins[:-before][together], ends[before:][together]))
    fingerprints, first, past = (np.concatenate(each) for each in zip(*found, strict=True))
    return WordNgrams(fingerprints, first, past)
