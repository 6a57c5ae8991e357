"""Word n-grams of symbols, by fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.hashing import last_powers, mix
from charcnn.words import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.packing import Packed

_ODD = np.uint32(0x9E3779B1)


@dataclass(frozen=True, slots=True)
class WordNgrams:
    """M occurrences."""

    fingerprints: NDArray[np.uint32]
    """Shape (M,): 32 bits of hash."""
    text: NDArray[np.int64]
    """Shape (M,): places of the texts."""
    begins: NDArray[np.intp]
    """Shape (M,): the first symbol."""
    ends: NDArray[np.intp]
    """Shape (M,): one past the last symbol."""

    def at(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> WordNgrams:
        return WordNgrams(self.fingerprints[which], self.text[which], self.begins[which], self.ends[which])


def word_ngrams(packed: Packed, longest: int) -> WordNgrams:
    """All n-grams of 1 to `longest` words; none reaches from a text into the next."""
    begins, ends = spans(packed.letters)
    hashes = (packed.sums[ends] - packed.sums[begins]) * last_powers(len(packed.letters))[ends - 1]
    words = mix(hashes)
    runs = [words]
    for more in range(1, min(longest, len(words))):
        runs.append(runs[-1][:-1] * _ODD + words[more:])
    fingerprints = np.concatenate(runs)
    first = np.concatenate([np.arange(len(run)) for run in runs])
    last = np.concatenate([np.arange(more, len(words)) for more in range(len(runs))])
    text = packed.cell_text[begins // packed.stride]
    found = WordNgrams(fingerprints, text[first], begins[first], ends[last])
    return found.at(found.text == text[last]) if len(packed.starts) > 1 else found
