"""Hashed look-up rows of each character: the character, the n-grams that end there, the word up to there.

Hashing trick of Weinberger et al. 2009; subword n-grams as in Bojanowski et al. 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charcnn.alphabet import BLANK, SYMBOLS
from charcnn.hashing import last_powers, mix
from charcnn.words import outside_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.packing import Packed


def row_count(config: NetworkConfig) -> int:
    """Rows of the joint look-up table; row 0 is the blank's."""
    return SYMBOLS + sum(rows for _, rows in config.ngrams) + config.word_rows


def look_up_rows(packed: Packed, config: NetworkConfig) -> NDArray[np.int32]:
    """Rows of the joint table, shape (S, 2 + number of n-grams) for S symbols; blanks have row 0 throughout."""
    return np.ascontiguousarray(look_up_columns(packed, config).T)


def look_up_columns(packed: Packed, config: NetworkConfig) -> NDArray[np.int32]:
    """`look_up_rows` by kind of look-up, shape (2 + number of n-grams, S)."""
    sums, length = packed.sums, len(packed.symbols)
    tables = [rows for _, rows in config.ngrams] + [config.word_rows]
    columns = np.empty((1 + len(tables), length), np.uint32)
    columns[0] = packed.symbols
    hashed = columns[1:]
    hashed[:] = sums[1:]
    for number, (order, _) in enumerate(config.ngrams):
        hashed[number, order:] -= sums[1:-order]
    hashed[-1] -= sums[_word_starts(packed.letters)]
    hashed *= last_powers(length)
    hashed += np.array([[order] for order, _ in config.ngrams] + [[0]], np.uint32)
    _bucket(hashed, tables)
    columns[:, packed.symbols == BLANK] = 0
    return columns.view(np.int32)


def _word_starts(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the word begins that holds each position; a symbol outside words is a word of its own."""
    begins = outside_words(letters)
    begins[1:] |= begins[:-1]
    starts: NDArray[np.int64] = np.maximum.accumulate(begins * np.arange(len(letters)))
    return starts


def _bucket(hashed: NDArray[np.uint32], tables: list[int]) -> None:
    """In place from hashes, a line a table, to rows of the joint table."""
    mix(hashed)
    sizes = np.array(tables, np.uint32)[:, np.newaxis]
    hashed &= sizes - np.uint32(1)
    hashed += np.uint32(SYMBOLS) + np.cumsum(sizes, axis=0, dtype=np.uint32) - sizes
