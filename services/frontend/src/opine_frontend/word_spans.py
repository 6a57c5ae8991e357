"""Contributions of characters, gathered into words that a browser can mark."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

LEVELS = 3
# Below this share of the strongest word a word says nothing either way and stays unmarked.
QUIET_SHARE = 0.12
# The scale never falls below this, so that a text without any strong word is not painted as if it had some.
SMALLEST_SCALE = 0.2

_WORD = re.compile(r"\S+")
# The first code point that takes two UTF-16 code units.
_ASTRAL = 0x10000


class WordSpan(NamedTuple):
    """A word that speaks for (level > 0) or against (level < 0) the brand.

    `start` and `end` count UTF-16 code units, as JavaScript's strings do. The size of `level` is 1 to LEVELS.
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
    scale = max([SMALLEST_SCALE, *map(abs, sums)])
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
    size = abs(share)
    if size < QUIET_SHARE:
        return 0
    graded = min(LEVELS, 1 + int(size * LEVELS))
    return graded if share > 0 else -graded
