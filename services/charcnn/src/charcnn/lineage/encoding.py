"""Texts as the 2019 network reads them: lower-cased, stripped, unknown characters removed, reversed, cut, padded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+ =<>()[]{}"
PADDING: Final = len(ALPHABET)
"""The place of an all-zero column."""

_UNKNOWN = 255
_TABLE = np.full(128, _UNKNOWN, np.uint8)
_TABLE[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))


def encode(text: str, max_length: int = 1014) -> NDArray[np.uint8]:
    """Places in the alphabet, shape (max_length,), `PADDING` past the end.

    The text is reversed before it is cut, so a long review keeps its end, and padding follows its first character.
    """
    known = text.lower().strip().encode("ascii", errors="ignore")
    places = _TABLE[np.frombuffer(known, np.uint8)]
    places = places[places != _UNKNOWN][::-1][:max_length]
    return np.pad(places, (0, max_length - len(places)), constant_values=PADDING)
