"""What a word is: a run of letters, digits and apostrophes, in small letters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from charcnn.alphabet import EMOJI, HAPPY, LETTER, SAD, SYMBOLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARKS = (HAPPY, SAD, EMOJI, *b"!?")


def fold_case(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Symbols in small letters."""
    return _small_letters()[symbols]


def outside_words(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return _outside()[letters]


def spans(letters: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each word begins and ends (exclusive), in order; what is said by a mark (! ? an emoji) is a word, too."""
    kind = _kinds()[letters]
    changed = np.ones(len(letters) + 1, np.bool_)
    np.not_equal(kind[1:], kind[:-1], out=changed[1:-1])
    changed[:-1] |= kind == _MARK
    edges = np.flatnonzero(changed)
    begins, ends = edges[:-1], edges[1:]
    spoken = kind[begins] != _SILENT
    return begins[spoken], ends[spoken]


_SILENT, _WORD, _MARK = range(3)


@cache
def _small_letters() -> NDArray[np.uint8]:
    table = np.arange(SYMBOLS, dtype=np.uint8)
    table[ord("A") : ord("Z") + 1] = np.arange(ord("a"), ord("z") + 1)
    return table


@cache
def _outside() -> NDArray[np.bool_]:
    table = np.ones(SYMBOLS, np.bool_)
    table[[LETTER, *b"abcdefghijklmnopqrstuvwxyz0123456789'"]] = False
    return table


@cache
def _kinds() -> NDArray[np.uint8]:
    table = np.where(_outside(), _SILENT, _WORD).astype(np.uint8)
    table[list(_MARKS)] = _MARK
    return table
