"""Hashes of runs of symbols, all of them from one running sum.

With G_i the sum of c_j B^-j up to i, the symbols s..i have the polynomial hash (G_i - G_(s-1)) B^i, the sum of
c_j B^(i-j), which depends on them alone, not on where they stand. All arithmetic is modulo 2^32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BASE = 0x01000193  # odd, so it has an inverse modulo 2^32
_INVERSE = pow(_BASE, -1, 1 << 32)


def running_sums(symbols: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """G_(i-1) at place i, shape (len(symbols) + 1,): a run's sum is that of its end less that of its begin."""
    sums = np.zeros(len(symbols) + 1, np.uint32)
    np.cumsum(symbols * _powers(_INVERSE, len(symbols)), out=sums[1:])
    return sums


def last_powers(count: int) -> NDArray[np.uint32]:
    """B^i, shape (count,): times a run's sum, that of its last symbol makes the hash."""
    return _powers(_BASE, count)


def mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread every bit over all others, in place and invertibly; any shape."""
    shifted = hashes >> np.uint32(15)
    hashes ^= shifted
    hashes *= np.uint32(0x2C1B3C6D)
    np.right_shift(hashes, np.uint32(12), out=shifted)
    hashes ^= shifted
    hashes *= np.uint32(0x297A2D39)
    np.right_shift(hashes, np.uint32(15), out=shifted)
    hashes ^= shifted
    return hashes


_power_tables: dict[int, NDArray[np.uint32]] = {}


def _powers(base: int, count: int) -> NDArray[np.uint32]:
    table = _power_tables.get(base)
    if table is None or len(table) < count:
        factors = np.full(max(count, 1 << 15), base, np.uint32)
        factors[0] = 1
        table = _power_tables[base] = np.cumprod(factors, dtype=np.uint32)
    return table[:count]
