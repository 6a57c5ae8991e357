from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Symbol = TypeVar("Symbol", np.uint8, np.uint32)
"""Symbols of the alphabet, or code points."""
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
_SWAP, _DROP, _DOUBLE, _MISTYPE = range(4)


def typos(symbols: NDArray[Symbol], rng: np.random.Generator, rate: float) -> NDArray[Symbol]:
    """Swap with the next, drop, double or replace by a random letter: one of these, at about `rate` of the places."""
    hit = rng.random(len(symbols)) < rate
    kind = np.where(hit, rng.integers(4, size=len(symbols)), -1)
    typed = symbols.copy()
    typed[kind == _MISTYPE] = rng.choice(_LETTERS, int((kind == _MISTYPE).sum()))
    swapped = np.flatnonzero(kind[:-1] == _SWAP)
    swapped = swapped[np.diff(swapped, prepend=-2) > 1]  # a symbol moves once
    typed[swapped], typed[swapped + 1] = typed[swapped + 1], typed[swapped].copy()
    copies = np.ones(len(symbols), np.int64)
    copies[kind == _DROP] = 0
    copies[kind == _DOUBLE] = 2
    return np.repeat(typed, copies)
