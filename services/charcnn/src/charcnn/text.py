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

# ASCII codes keep their numbers, so a printable character needs no translation. The symbols of no ASCII character take
# the numbers of controls, which are never read.
BLANK: Final = 0  # padding between texts, never a character
HAPPY: Final = 1
SAD: Final = 2
EMOJI: Final = 3
LETTER: Final = 4
SYMBOL: Final = 5
SPACE: Final = 32
SYMBOLS: Final = 128
"""Size of the alphabet."""
# Marks of the table, outside the alphabet: not read, and not filled in yet.
SKIPPED: Final = 255
_NOT_FILLED: Final = 254

# The first two planes. What is assigned beyond is nearly all ideographs: letters, which need no entry.
_TABLE_SIZE: Final = 0x20000
_PAGE: Final = 0x100
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
        symbols = _ascii_table()[np.frombuffer(text.encode("ascii"), np.uint8)]
    else:
        # UTF-32 has one number a code point, which is what contributions are told by.
        symbols = _table().look_up(np.frombuffer(text.encode("utf-32-le"), np.uint32))
    read = symbols != SKIPPED
    # Of CR LF the CR goes: forms and Windows write two characters where others write one.
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


class SymbolTable:
    """The symbol of each code point below U+20000, by pages that are filled in when a text needs them.

    The whole table takes 50 ms, as long as loading the model; a text needs two or three of its 512 pages. Threads may
    fill in the same page: both write the same.
    """

    def __init__(self) -> None:
        self._symbols = np.full(_TABLE_SIZE, _NOT_FILLED, np.uint8)

    def look_up(self, code_points: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """The symbols, `SKIPPED` for what is not read; shape (n,) as the code points."""
        known = np.minimum(code_points, _TABLE_SIZE - 1)
        symbols = self._symbols[known]
        if (symbols == _NOT_FILLED).any():
            # `np.unique` would load masked arrays, 10 ms of every start.
            for page in set((known // _PAGE).tolist()):
                self._fill(page * _PAGE)
            symbols = self._symbols[known]
        return np.where(code_points < _TABLE_SIZE, symbols, np.uint8(LETTER))

    def _fill(self, first: int) -> None:
        page = [_special().get(code) or _symbol(chr(code)) for code in range(first, first + _PAGE)]
        self._symbols[first : first + _PAGE] = page


@cache
def _table() -> SymbolTable:
    return SymbolTable()


@cache
def _ascii_table() -> NDArray[np.uint8]:
    return SymbolTable().look_up(np.arange(128, dtype=np.uint32))


@cache
def _special() -> dict[int, int]:
    """Symbols of the code points that are named above, and of skin tones."""
    symbols = {ord(character): ord(base) for base, characters in _LOOK_ALIKES.items() for character in characters}
    symbols |= dict.fromkeys(range(_SKIN_TONES[0], _SKIN_TONES[1] + 1), SKIPPED)
    return symbols | dict.fromkeys(map(ord, _HAPPY), HAPPY) | dict.fromkeys(map(ord, _SAD), SAD)


def _symbol(character: str) -> int:
    if " " <= character <= "~":
        return ord(character)
    if character.isspace():
        return SPACE
    category = unicodedata.category(character)
    if category in _UNSEEN_CATEGORIES:
        return SKIPPED
    if unicodedata.decomposition(character):
        # Of a ligature the first letter alone: a code point has at most one symbol.
        base = unicodedata.normalize("NFKD", character)[0]
        if " " < base <= "~":
            return ord(base)
    if category == "Nd":
        return ord("0") + unicodedata.digit(character)
    no_letter = EMOJI if any(first <= ord(character) <= last for first, last in _EMOJI_RANGES) else SYMBOL
    return LETTER if category[0] == "L" else no_letter
