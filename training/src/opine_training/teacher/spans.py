"""Which parts of a review the teacher reads: all of it, a beginning and a clause.

A review's stars say little about its clauses; the teacher's opinion of each does, and the product reads beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

_CLAUSE_WORDS = 4, 24
_SHORT = 6
"""A text of fewer tokens is read as a whole only."""


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens first to last (exclusive), which are the characters begin to end (exclusive)."""

    first: int
    last: int
    begin: int
    end: int | None
    """None: the text's end."""


def spans(offsets: Sequence[tuple[int, int]], longest: int, rng: np.random.Generator) -> Iterator[Span]:
    """The whole text, or the first and the last tokens of one that is too long; then, at random, parts of it.

    Args:
        offsets: characters (begin, end) of each token.
        longest: most tokens of a span.
        rng: draws the beginning and the clause.
    """
    count = len(offsets)

    def span(first: int, last: int) -> Span:
        begin = offsets[first][0] if first else 0
        return Span(first, last, begin, offsets[last - 1][1] if last < count else None)

    yield span(0, min(count, longest))
    if count > longest:
        yield span(count - longest, count)
    if count < _SHORT:
        return
    words = [0, *(place for place in range(1, count) if offsets[place][0] > offsets[place - 1][1])]
    cuts = [place for place in words[1:] if place <= longest]
    if cuts:
        yield span(0, int(rng.choice(cuts)))
    fewest, most = _CLAUSE_WORDS
    if len(words) > fewest:
        length = int(rng.integers(fewest, min(most, len(words) - 1), endpoint=True))
        start = int(rng.integers(0, len(words) - length, endpoint=True))
        first, last = words[start], [*words, count][start + length]
        yield span(first, min(last, first + longest))
