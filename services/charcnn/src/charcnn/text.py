"""From text to symbols, by table look-up with no Python loop over characters.

The rule, one code point to at most one symbol, so that every score can be traced back to its character:

1. printable ASCII stands for itself, case kept;
2. white space of any kind is a space, and a line end of two characters (CR LF) is one;
3. typographic quotes, dashes, bullets and ellipses are their ASCII look-alikes;
4. accented and stylised letters and digits are their base character (NFKD), so e-acute is read as e;
5. emoji are one of three symbols: happy, sad, other;
6. letters of other scripts are one symbol, everything else visible another;
7. what cannot be seen (controls, combining marks, joiners, variation selectors, skin tones) is skipped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLANK: Final = 0  # padding between texts, never a character
HAPPY: Final = 1
SAD: Final = 2
EMOJI: Final = 3
LETTER: Final = 4
SYMBOL: Final = 5
SPACE: Final = 32
SYMBOLS: Final = 128  # size of the alphabet; ASCII codes keep their numbers
SKIPPED: Final = 255

# The first two planes. What is assigned beyond is nearly all ideographs: letters, which need no entry.
_TABLE_SIZE: Final = 0x20000
_HAPPY: Final = (
    "😀😃😄😁😆😅🤣😂🙂😉😊😇🥰😍🤩😘😗☺😚😙😋😜🤗😎🥳👍👏🙌👌💪🙏💯❤♥🧡💛💚💙💜🖤💖💕💗💓💞💘🔥⭐🌟✨🎉✅😻🏆"
)
_SAD: Final = "😞😔😟😕🙁☹😣😖😫😩😢😭😤😠😡🤬😒🙄😑😐😨😰😥😓😱🤢🤮🤦👎💔💩❌🚫⛔😾🤥🤡"
_LOOK_ALIKES: Final = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\uff07",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    ".": "\u2026",
    "*": "\u2022\u00b7\u25cf\u2605",
}
_EMOJI_RANGES: Final = ((0x1F300, 0x1FAFF), (0x2600, 0x27BF), (0x2B00, 0x2BFF))
_CR_LF: Final = re.compile("\r\n")
_SKIN_TONES: Final = (0x1F3FB, 0x1F3FF)
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as the network reads it."""

    symbols: NDArray[np.uint8]
    """Shape (n,): one symbol a character that is read."""
    positions: NDArray[np.intp] | None
    """Shape (n,): the code point each symbol came from; None where all of them were read."""
    length: int
    """Code points of the text."""

    def __len__(self) -> int:
        return len(self.symbols)


def encode(text: str) -> EncodedText:
    """Read a text by the rule above.

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
    for line_end in _CR_LF.finditer(text):
        read[line_end.start()] = False
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


@cache
def symbol_table() -> NDArray[np.uint8]:
    """The symbol of each code point below U+20000, `SKIPPED` for what is not read; shape (131072,)."""
    table = np.empty(_TABLE_SIZE, np.uint8)
    table[:] = [_symbol(chr(code_point)) for code_point in range(_TABLE_SIZE)]
    for first, last in _EMOJI_RANGES:
        block = table[first : last + 1]
        block[block == SYMBOL] = EMOJI
    table[_SKIN_TONES[0] : _SKIN_TONES[1] + 1] = SKIPPED
    for symbol, characters in ((HAPPY, _HAPPY), (SAD, _SAD)):
        table[[ord(character) for character in characters]] = symbol
    for ascii_character, characters in _LOOK_ALIKES.items():
        table[[ord(character) for character in characters]] = ord(ascii_character)
    table.setflags(write=False)
    return table


@cache
def ascii_table() -> NDArray[np.uint8]:
    """The first 128 entries of the symbol table, without the cost of making the rest."""
    table = np.array([_symbol(chr(code)) for code in range(128)], np.uint8)
    table.setflags(write=False)
    return table


def _symbol(character: str) -> int:
    if " " <= character <= "~":
        return ord(character)
    if character.isspace():
        return SPACE
    category = unicodedata.category(character)
    if category in _UNSEEN_CATEGORIES:
        return SKIPPED
    if unicodedata.decomposition(character):
        base = unicodedata.normalize("NFKD", character)[0]
        if " " < base <= "~":
            return ord(base)
    if category == "Nd":
        return ord("0") + unicodedata.digit(character)
    return LETTER if category[0] == "L" else SYMBOL
