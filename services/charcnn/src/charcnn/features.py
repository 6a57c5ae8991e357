"""Many texts as one sequence, and what the model knows each character by: hashed look-up rows.

Cost follows the text, for nothing is padded to the longest: texts start at a whole cell and are parted by blank cells,
of which an engine says how many it needs. A character's rows are those of itself, of the n-grams that end there and of
the word so far.

Hashing trick of Weinberger et al. 2009; subword n-grams as in Bojanowski et al. 2017. All hashes of runs of symbols
come from one prefix sum. With G_i the sum of c_j B^-j up to i, the symbols s..i have the polynomial hash
(G_i - G_(s-1)) B^i, the sum of c_j B^(i-j), which depends on them alone, not on where they stand. All arithmetic is
modulo 2^32.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from charcnn.text import BLANK, EMOJI, HAPPY, LETTER, SAD, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig

_BASE = 0x01000193  # FNV's prime; odd, so it has an inverse modulo 2^32
_INVERSE = pow(_BASE, -1, 1 << 32)
_MARKS = (HAPPY, SAD, EMOJI, *b"!?")


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch of N texts in T cells."""

    symbols: NDArray[np.uint8]
    """Shape (T * stride,)."""
    folded: NDArray[np.uint8]
    """The same in small letters."""
    prefix_sums: NDArray[np.uint32]
    """G of the small letters, from which all hashes come; shape (T * stride + 1,)."""
    cell_text: NDArray[np.int64]
    """Shape (T,): which text a cell belongs to; N for a blank cell."""
    starts: NDArray[np.int64]
    """Shape (N,): the first cell of each text."""
    cells: NDArray[np.int64]
    """Shape (N,): how many cells each text has; 0 for an empty one."""

    @property
    def stride(self) -> int:
        """Symbols a cell."""
        return len(self.symbols) // len(self.cell_text)


def pack(texts: Sequence[NDArray[np.uint8]], *, stride: int, gap: int) -> Packed:
    """Lay texts (symbols, shape (n,) each) one after the other, with `gap` blank cells between two."""
    lengths = np.array([len(text) for text in texts], np.int64)
    cells = -(-lengths // stride)
    ends = np.cumsum(cells + gap)
    starts = ends - cells - gap
    total = max(int(ends[-1]) - gap, 1) if len(texts) else 1
    symbols = np.zeros(total * stride, np.uint8)
    cell_text = np.full(total, len(texts), np.int64)
    for index, (text, start, count) in enumerate(zip(texts, starts.tolist(), cells.tolist(), strict=True)):
        symbols[start * stride : start * stride + len(text)] = text
        cell_text[start : start + count] = index
    folded = fold_case(symbols)
    return Packed(symbols, folded, prefix_sums(folded), cell_text, starts, cells)


def row_count(config: NetworkConfig) -> int:
    """Rows of the joint look-up table; row 0 is the blank's."""
    return SYMBOLS + sum(rows for _, rows in config.ngrams) + config.word_rows


def look_up_rows(packed: Packed, config: NetworkConfig) -> NDArray[np.int32]:
    """Rows of the joint table, shape (S, 2 + number of n-grams) for S symbols; blanks have row 0 throughout."""
    return np.ascontiguousarray(look_up_columns(packed, config).T)


def look_up_columns(packed: Packed, config: NetworkConfig) -> NDArray[np.int32]:
    """`look_up_rows` by kind of look-up, shape (2 + number of n-grams, S)."""
    sums, length = packed.prefix_sums, len(packed.symbols)
    tables = [rows for _, rows in config.ngrams] + [config.word_rows]
    columns = np.empty((1 + len(tables), length), np.uint32)
    columns[0] = packed.symbols
    hashed = columns[1:]
    hashed[:] = sums[1:]
    for number, (order, _) in enumerate(config.ngrams):
        # Blanks add 0 to the sums. So an n-gram that reaches before its text is a shorter one, alone and in any batch.
        hashed[number, order:] -= sums[1:-order]
    hashed[-1] -= sums[_word_starts(packed.folded)]
    hashed *= end_powers(length)
    # The same run may be a word and an n-gram; without this both would collide with the same others.
    hashed += np.array([[order] for order, _ in config.ngrams] + [[0]], np.uint32)
    _to_rows(hashed, tables)
    columns[:, packed.symbols == BLANK] = 0
    return columns.view(np.int32)  # what ONNX's and PyTorch's look-ups take; no row comes near 2^31


def _word_starts(folded: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the word begins that holds each position; a symbol outside words is a word of its own."""
    begins = _outside_words()[folded]
    # What follows such a symbol begins a word, too. NumPy reads all of the right side before it writes the left.
    begins[1:] |= begins[:-1]
    starts: NDArray[np.int64] = np.maximum.accumulate(begins * np.arange(len(folded)))
    return starts


def _to_rows(hashed: NDArray[np.uint32], tables: list[int]) -> None:
    """In place from hashes, a line a table, to rows of the joint table."""
    mix(hashed)
    sizes = np.array(tables, np.uint32)[:, np.newaxis]
    hashed &= sizes - np.uint32(1)  # row counts are powers of two
    hashed += np.uint32(SYMBOLS) + np.cumsum(sizes, axis=0, dtype=np.uint32) - sizes


def fold_case(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Symbols in small letters."""
    return _small_letters()[symbols]


def word_spans(folded: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each word begins and ends (exclusive), in order.

    A word is a run of letters, digits and apostrophes; a mark that says something (! ? an emoji) is a word, too.
    """
    kind = _kinds()[folded]
    changed = np.ones(len(folded) + 1, np.bool_)
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
def _outside_words() -> NDArray[np.bool_]:
    table = np.ones(SYMBOLS, np.bool_)
    table[[LETTER, *b"abcdefghijklmnopqrstuvwxyz0123456789'"]] = False
    return table


@cache
def _kinds() -> NDArray[np.uint8]:
    table = np.where(_outside_words(), _SILENT, _WORD).astype(np.uint8)
    table[list(_MARKS)] = _MARK
    return table


def prefix_sums(symbols: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """G_(i-1) at index i, shape (len(symbols) + 1,): a run's sum is that of its end less that of its begin."""
    sums = np.zeros(len(symbols) + 1, np.uint32)
    np.cumsum(symbols * _powers(_INVERSE, len(symbols)), out=sums[1:])
    return sums


def end_powers(count: int) -> NDArray[np.uint32]:
    """B^i, shape (count,): a run's sum times that of its last symbol is the run's hash."""
    return _powers(_BASE, count)


def mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread every bit over all others, in place and invertibly; any shape.

    A polynomial hash modulo 2^32 has weak low bits, and those choose the row. Shifts and factors are those of the hash
    prospector (Wellons 2018).
    """
    shifted = hashes >> np.uint32(15)
    hashes ^= shifted
    hashes *= np.uint32(0x2C1B3C6D)
    np.right_shift(hashes, np.uint32(12), out=shifted)
    hashes ^= shifted
    hashes *= np.uint32(0x297A2D39)
    np.right_shift(hashes, np.uint32(15), out=shifted)
    hashes ^= shifted
    return hashes


# Powers by base, as many as were ever asked for, at least those of an engine's longest pass: a batch should not make
# them again. Two threads may both make a longer table; either is right.
_power_tables: dict[int, NDArray[np.uint32]] = {}


def _powers(base: int, count: int) -> NDArray[np.uint32]:
    table = _power_tables.get(base)
    if table is None or len(table) < count:
        factors = np.full(max(count, 1 << 15), base, np.uint32)
        factors[0] = 1
        table = _power_tables[base] = np.cumprod(factors, dtype=np.uint32)
    return table[:count]
