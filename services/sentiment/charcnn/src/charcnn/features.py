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
    """`look_up_rows` by kind of look-up, shape (2 + number of n-grams, len(symbols))."""
    folded = _fold_case()[symbols].astype(np.uint32)
    tables = [rows for _, rows in config.ngrams] + [config.word_rows]
    columns = np.empty((1 + len(tables), len(symbols)), np.uint32)
    columns[0] = symbols
    for number, (order, _) in enumerate(config.ngrams, 1):
        _ngram_hash(folded, order, out=columns[number])
    _word_hash(folded, out=columns[-1])
    _bucket(columns[1:], tables)
    columns[:, symbols == BLANK] = 0
    return columns.view(np.int32)


def _ngram_hash(folded: NDArray[np.uint32], order: int, out: NDArray[np.uint32]) -> None:
    """Polynomial hash of the `order` symbols that end at each position, fewer at the start."""
    np.add(folded, np.uint32(order), out=out)
    for back in range(1, min(order, len(folded))):
        out[back:] += folded[:-back] * np.uint32(pow(_BASE, back, 1 << 32))


def _word_hash(folded: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Hash of the word from its first letter up to each position; a symbol outside words is a word of its own.

    With G the running sum of c_j B^-j, the word s..i hashes to (G_i - G_(s-1)) B^i = sum of c_j B^(i-j):
    it depends on the word alone, not on where it stands.
    """
    if not len(folded):
        return
    in_word = _word_symbols()[folded]
    begins = ~in_word
    begins[1:] |= begins[:-1]
    begins[0] = True
    starts = np.flatnonzero(begins)
    running = np.cumsum(folded * _powers(_INVERSE, len(folded)), dtype=np.uint32)
    before = running[starts - 1]
    before[0] = 0
    np.subtract(running, np.repeat(before, np.diff(starts, append=len(folded))), out=out)
    out *= _powers(_BASE, len(folded))


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
def _word_symbols() -> NDArray[np.bool_]:
    table = np.zeros(SYMBOLS, np.bool_)
    table[[LETTER, *b"abcdefghijklmnopqrstuvwxyz0123456789'"]] = True
    return table
