"""Words of a text, graded by what they contribute, as a browser can mark them."""

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from opine_frontend.reviews_api.models import Word

# Square roots of the shares of the strongest word: contributions are so uneven that a linear scale shows one word only.
# Below the first a word says nothing either way, from the second and the third on it is stronger.
_STEPS = (0.25, 0.5, 0.75)
# The scale's floor for a text of n words is the smaller of 6 / n and 1.5: chosen by eye with the shipped model, so that
# a plain statement ("The parcel arrived on Tuesday.") is not painted like a strong one.
_FLOOR_TOTAL = 6.0
_LARGEST_FLOOR = 1.5

# Code points that take two UTF-16 code units.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class WordSpan(NamedTuple):
    """A word that speaks for (level > 0) or against (level < 0) the brand.

    `start` and `end` count UTF-16 code units, as JavaScript's strings do. The size of `level` is 1 to 3.
    """

    start: int
    end: int
    level: int


def word_spans(text: str, words: Sequence[Word]) -> list[WordSpan]:
    """Grade words against the text's strongest.

    Args:
        text: the text that was scored.
        words: all of its words, in order.

    Raises:
        ValueError: words overlap, are out of order or outside the text.
    """
    edges = [edge for word in words for edge in (word.start, word.end)]
    if edges != sorted(edges) or (edges and edges[-1] > len(text)):
        raise ValueError(f"words overlap or leave the text of {len(text)} code points")
    floor = min(_LARGEST_FLOOR, _FLOOR_TOTAL / max(1, len(words)))
    scale = max([floor, *(abs(word.contribution) for word in words)])
    astral = [match.start() for match in _ASTRAL.finditer(text)]
    return [
        WordSpan(word.start + bisect_left(astral, word.start), word.end + bisect_left(astral, word.end), level)
        for word in words
        if (level := _level(word.contribution / scale))
    ]


def _level(share: float) -> int:
    size = sum(math.sqrt(abs(share)) >= step for step in _STEPS)
    return size if share > 0 else -size
