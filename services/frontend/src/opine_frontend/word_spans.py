"""Contributions of characters, gathered into words that a browser can mark."""

import math
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

# Square roots of the shares of the strongest word: contributions are so uneven that a linear scale shows one word only.
# Below the first a word says nothing either way, from the second and the third on it is stronger.
_STEPS = (0.25, 0.5, 0.75)
# The scale's floor for a text of n words is the smaller of 6 / n and 1.5: chosen by eye with the shipped model, so that
# a plain statement ("The parcel arrived on Tuesday.") is not painted like a strong one.
_FLOOR_TOTAL = 6.0
_LARGEST_FLOOR = 1.5

_WORD = re.compile(r"\S+")
# The first code point that takes two UTF-16 code units.
_ASTRAL = 0x10000


class WordSpan(NamedTuple):
    """A word that speaks for (level > 0) or against (level < 0) the brand.

    `start` and `end` count UTF-16 code units, as JavaScript's strings do. The size of `level` is 1 to 3.
    """

    start: int
    end: int
    level: int


def word_spans(text: str, contributions: Sequence[float]) -> list[WordSpan]:
    """Sum contributions over words (runs without white space) and grade them against the text's strongest word.

    Args:
        text: the text that was scored.
        contributions: one number a code point of `text`.

    Raises:
        ValueError: the lengths differ.
    """
    if len(contributions) != len(text):
        raise ValueError(f"{len(contributions)} contributions for {len(text)} code points")
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    sums = [sum(contributions[start:end]) for start, end in words]
    floor = min(_LARGEST_FLOOR, _FLOOR_TOTAL / max(1, len(words)))
    scale = max([floor, *map(abs, sums)])
    units = utf16_offsets(text)
    return [
        WordSpan(units[start], units[end], level)
        for (start, end), weight in zip(words, sums, strict=True)
        if (level := _level(weight / scale))
    ]


def utf16_offsets(text: str) -> list[int]:
    """Offset in UTF-16 code units of each code point, and of the end."""
    return list(accumulate((2 if ord(character) >= _ASTRAL else 1 for character in text), initial=0))


def _level(share: float) -> int:
    size = sum(math.sqrt(abs(share)) >= step for step in _STEPS)
    return size if share > 0 else -size
