"""Hashed look-up rows of each character: the character, the n-grams that end there, the word up to there.

Hashing trick of Weinberger et al. 2009; subword n-grams as in Bojanowski et al. 2017. All arithmetic is modulo 2^32.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from charcnn.alphabet import BLANK, LETTER, SYMBOLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig

_BASE = 0x01000193  # odd, so it has an inverse modulo 2^32
_INVERSE = pow(_BASE, -1, 1 << 32)


def row_count(config: NetworkConfig) -> int:
    """Rows of the joint look-up table; row 0 is the blank's."""
    return SYMBOLS + sum(rows for _, rows in config.ngrams) + config.word_rows


def look_up_rows(symbols: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.int32]:
    """Rows of the joint table, shape (len(symbols), 2 + number of n-grams); blanks have row 0 throughout."""
    return np.ascontiguousarray(look_up_columns(symbols, config).T)


def look_up_columns(symbols: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.int32]:
    """`look_up_rows` by kind of look-up, shape (2 + number of n-grams, len(symbols)).

    Everything is hashed from one running sum: with G_i the sum of c_j B^-j up to i, the symbols s..i have the
    polynomial hash (G_i - G_(s-1)) B^i = sum of c_j B^(i-j), which depends on them alone, not on where they stand.
    """
    length = len(symbols)
    tables = [rows for _, rows in config.ngrams] + [config.word_rows]
    columns = np.empty((1 + len(tables), length), np.uint32)
    columns[0] = symbols
    folded = _fold_case()[symbols]
    sums = np.zeros(length + 1, np.uint32)
    np.cumsum(folded * _powers(_INVERSE, length), out=sums[1:])
    hashed = columns[1:]
    hashed[:] = sums[1:]
    for number, (order, _) in enumerate(config.ngrams):
        hashed[number, order:] -= sums[1:-order]
    hashed[-1] -= sums[_word_starts(folded)]
    hashed *= _powers(_BASE, length)
    hashed += np.array([[order] for order, _ in config.ngrams] + [[0]], np.uint32)
    _bucket(hashed, tables)
    columns[:, symbols == BLANK] = 0
    return columns.view(np.int32)


def _word_starts(folded: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the word begins that holds each position; a symbol outside words is a word of its own."""
    begins = _outside_words()[folded]
    begins[1:] |= begins[:-1]
    starts: NDArray[np.int64] = np.maximum.accumulate(begins * np.arange(len(folded)))
    return starts


def _bucket(hashed: NDArray[np.uint32], tables: list[int]) -> None:
    """In place from hashes, a line a table, to rows of the joint table."""
    shifted = hashed >> np.uint32(15)
    hashed ^= shifted
    hashed *= np.uint32(0x2C1B3C6D)
    np.right_shift(hashed, np.uint32(12), out=shifted)
    hashed ^= shifted
    hashed *= np.uint32(0x297A2D39)
    np.right_shift(hashed, np.uint32(15), out=shifted)
    hashed ^= shifted
    sizes = np.array(tables, np.uint32)[:, np.newaxis]
    hashed &= sizes - np.uint32(1)
    hashed += np.uint32(SYMBOLS) + np.cumsum(sizes, axis=0, dtype=np.uint32) - sizes


_power_tables: dict[int, NDArray[np.uint32]] = {}


def _powers(base: int, count: int) -> NDArray[np.uint32]:
    table = _power_tables.get(base)
    if table is None or len(table) < count:
        factors = np.full(max(count, 1 << 15), base, np.uint32)
        factors[0] = 1
        table = _power_tables[base] = np.cumprod(factors, dtype=np.uint32)
    return table[:count]


@cache
def _fold_case() -> NDArray[np.uint8]:
    table = np.arange(SYMBOLS, dtype=np.uint8)
    table[ord("A") : ord("Z") + 1] = np.arange(ord("a"), ord("z") + 1)
    return table


@cache
def _outside_words() -> NDArray[np.bool_]:
    table = np.ones(SYMBOLS, np.bool_)
    table[[LETTER, *b"abcdefghijklmnopqrstuvwxyz0123456789'"]] = False
    return table
