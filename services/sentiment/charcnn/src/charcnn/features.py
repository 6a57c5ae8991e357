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
    columns = [symbols.astype(np.int32)]
    folded = _fold_case()[symbols].astype(np.uint32)
    offset = SYMBOLS
    for order, rows in config.ngrams:
        columns.append(offset + _bucket(_ngram_hash(folded, order), rows))
        offset += rows
    columns.append(offset + _bucket(_word_hash(folded), config.word_rows))
    looked_up = np.stack(columns, axis=1)
    looked_up[symbols == BLANK] = 0
    return looked_up


def _ngram_hash(folded: NDArray[np.uint32], order: int) -> NDArray[np.uint32]:
    """Polynomial hash of the `order` symbols that end at each position, fewer at the start."""
    hashed = folded.copy()
    for back in range(1, min(order, len(folded))):
        hashed[back:] += folded[:-back] * np.uint32(pow(_BASE, back, 1 << 32))
    return hashed + np.uint32(order)


def _word_hash(folded: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Hash of the word from its first letter up to each position; a symbol outside words is a word of its own.

    With G the running sum of c_j B^-j, the word s..i hashes to (G_i - G_(s-1)) B^i = sum of c_j B^(i-j):
    it depends on the word alone, not on where it stands.
    """
    if not len(folded):
        return folded
    index = np.arange(len(folded))
    in_word = _word_symbols()[folded]
    begins = ~in_word
    begins[0] = True
    begins[1:] |= ~in_word[:-1]
    start = np.maximum.accumulate(np.where(begins, index, 0))
    running = np.cumsum(folded * _powers(_INVERSE, len(folded)), dtype=np.uint32)
    before = np.where(start > 0, running[start - 1], np.uint32(0))
    hashed: NDArray[np.uint32] = (running - before) * _powers(_BASE, len(folded))
    return hashed


def _bucket(hashed: NDArray[np.uint32], rows: int) -> NDArray[np.int32]:
    mixed = hashed ^ (hashed >> np.uint32(15))
    mixed *= np.uint32(0x2C1B3C6D)
    mixed ^= mixed >> np.uint32(12)
    mixed *= np.uint32(0x297A2D39)
    mixed ^= mixed >> np.uint32(15)
    return (mixed & np.uint32(rows - 1)).astype(np.int32)


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
