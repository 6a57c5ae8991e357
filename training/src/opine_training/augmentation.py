"""How texts are changed while training: cut short, mistyped, in one case, without punctuation."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.config import AugmentationConfig

_SHORTEST = 20  # shorter beginnings say nothing yet of the stars, and would teach noise
_EVEN = 0.5  # a judgement may stand at either end of a long review


def prefix(symbols: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The first 20 to 100 % of a text: one that is still being typed."""
    return symbols[: max(_SHORTEST, int(len(symbols) * rng.uniform(0.2, 1)))]


def stretch(symbols: NDArray[np.uint8], rng: np.random.Generator, longest: int) -> NDArray[np.uint8]:
    """The start or the end of a text that is longer than `longest`."""
    if len(symbols) <= longest:
        return symbols
    return symbols[:longest] if rng.random() < _EVEN else symbols[-longest:]


_PUNCTUATION = np.frombuffer(string.punctuation.encode(), np.uint8)


def bare(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A text without punctuation; one that is nothing else stays."""
    kept = symbols[~np.isin(symbols, _PUNCTUATION)]
    return kept if len(kept) else symbols


_CASE_BIT = ord("a") - ord("A")  # symbols keep the codes of ASCII


def upper(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Symbols in capitals, any shape."""
    return np.where((symbols >= ord("a")) & (symbols <= ord("z")), symbols - _CASE_BIT, symbols).astype(np.uint8)


def lower(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Symbols in small letters, any shape."""
    return np.where((symbols >= ord("A")) & (symbols <= ord("Z")), symbols + _CASE_BIT, symbols).astype(np.uint8)


Symbol = TypeVar("Symbol", np.uint8, np.uint32)
"""Symbols of the alphabet, or code points."""
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
_SWAP, _DROP, _DOUBLE, _MISTYPE = range(4)


def typos(symbols: NDArray[Symbol], rng: np.random.Generator, rate: float) -> NDArray[Symbol]:
    """Swap with the next, drop, double or replace by a random letter: one of these, at about `rate` of the indices."""
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


def augment(
    symbols: NDArray[np.uint8], config: AugmentationConfig, rng: np.random.Generator, *, whole: bool = True
) -> NDArray[np.uint8]:
    """What a training step reads of a text.

    Args:
        symbols: shape (n,).
        config: how often each change is made.
        rng: of this text at this reading.
        whole: False for a piece that was cut before, which is cut no further.
    """
    # Cut first, so that the rest need not be changed; typos last, so that they strike what is read.
    if whole and rng.random() < config.prefix_share:
        symbols = prefix(symbols, rng)
    symbols = stretch(symbols, rng, config.longest)
    if rng.random() < config.bare_share:
        symbols = bare(symbols)
    # One draw for both: a text is in capitals or in small letters, and the two shares add up.
    case = rng.random()
    if case < config.upper_share:
        symbols = upper(symbols)
    elif case < config.upper_share + config.lower_share:
        symbols = lower(symbols)
    if rng.random() < config.typo_share:
        symbols = typos(symbols, rng, config.typo_rate)
    return symbols
