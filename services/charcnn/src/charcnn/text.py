"""From text to symbols by table look-up, with no Python loop over characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.alphabet import LETTER, SKIPPED, ascii_table, symbol_table

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as the network reads it."""

    symbols: NDArray[np.uint8]
    """Shape (n,): one symbol of `charcnn.alphabet` a character that is read."""
    positions: NDArray[np.intp] | None
    """Shape (n,): the code point each symbol came from; None where all of them were read."""
    length: int
    """Code points of the text."""

    def __len__(self) -> int:
        return len(self.symbols)


def encode(text: str) -> EncodedText:
    """Read a text by the rule of `charcnn.alphabet`.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate, so it is no Unicode text.
    """
    if text.isascii():
        symbols = ascii_table()[np.frombuffer(text.encode("ascii"), np.uint8)]
    else:
        code_points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        table = symbol_table()
        symbols = np.where(code_points < len(table), table[np.minimum(code_points, len(table) - 1)], np.uint8(LETTER))
    read = symbols != SKIPPED
    if read.all():
        return EncodedText(symbols, None, len(text))
    return EncodedText(symbols[read], np.flatnonzero(read), len(text))


def spread(values: NDArray[np.float32], encoded: EncodedText) -> NDArray[np.float32]:
    """Carry one value a symbol back to one a code point; what was not read gets 0."""
    if encoded.positions is None:
        return values
    spread_values = np.zeros(encoded.length, np.float32)
    spread_values[encoded.positions] = values
    return spread_values
