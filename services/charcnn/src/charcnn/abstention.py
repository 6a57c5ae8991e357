"""When not to judge: a text in another language, or one that has no opinion (a reject option, Chow 1970).

The network's own uncertainty does not tell: of a German complaint it is as sure as of an English one (docs/model.md).
So two linear models of character n-grams, one for each reason, decide beside it. They belong to this package and not to
an artefact, for they say which texts the network was made for, whatever it learned.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from safetensors.numpy import load_file

from charcnn.features import end_powers, mix
from charcnn.text import BLANK, LETTER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.features import Packed

Abstention = Literal["language", "no_opinion"]
REASONS: Final[tuple[Abstention, ...]] = ("language", "no_opinion")
"""In the order in which they are looked at."""

ORDERS: Final = (1, 2, 3, 4, 5)
"""Characters of an n-gram, blanks between words among them."""
ROWS: Final = 1 << 16
# Fewer Latin letters are a word of any language, or slang.
_LEAST_CHARACTERS = 11
WEIGHTS: Final = Path(str(resources.files("charcnn"))) / "abstention.safetensors"
"""`weights` (2, ROWS) and `bias` (2,), made by `opine_training fit-abstention`."""


class AbstentionModel:
    """Score = bias + sum of the n-grams' weights / root of their number; above 0 it is a reason not to judge."""

    def __init__(self, weights: NDArray[np.floating], bias: NDArray[np.floating]) -> None:
        self._weights = weights.astype(np.float32)
        self._bias = bias.astype(np.float64)

    def scores(self, packed: Packed) -> NDArray[np.float64]:
        """Of each text and reason, shape (N, 2)."""
        return self._scores(packed, *_symbols_of(packed))

    def reasons(self, packed: Packed) -> list[Abstention | None]:
        """Why each text is not judged; None of one that is."""
        text, read = _symbols_of(packed)
        foreign, silent = (self._scores(packed, text, read) > 0).T
        # A few letters of another script do tell; an English text may quote some.
        in_other_script = np.bincount(text[packed.symbols == LETTER], minlength=len(read) + 1)[:-1] > 0
        foreign &= in_other_script | (read >= _LEAST_CHARACTERS)
        silent |= read == 0
        return [
            "language" if of_language else "no_opinion" if of_opinion else None
            for of_language, of_opinion in zip(foreign.tolist(), silent.tolist(), strict=True)
        ]

    def _scores(self, packed: Packed, text: NDArray[np.int64], read: NDArray[np.int64]) -> NDArray[np.float64]:
        of_symbols = self._weights[:, ngram_rows(packed)].sum(axis=1)
        root = np.sqrt(np.maximum(read * len(ORDERS), 1))
        # bincount adds symbol by symbol: a text's neighbours change no bit of its score.
        sums = [np.bincount(text, of_reason, minlength=len(read) + 1)[:-1] / root for of_reason in of_symbols]
        scores: NDArray[np.float64] = np.stack(sums, axis=1) + self._bias
        return scores


def _symbols_of(packed: Packed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The text of each symbol, N of a blank, shape (S,), and the number of symbols of each text, shape (N,)."""
    texts = len(packed.starts)
    # The last cell of a text may hold blanks; they count for none, like those between texts.
    text = np.where(packed.symbols == BLANK, texts, np.repeat(packed.cell_text, packed.stride))
    return text, np.bincount(text, minlength=texts + 1)[:-1]


def load_abstention() -> AbstentionModel:
    """The model of this package."""
    tensors = load_file(WEIGHTS)
    return AbstentionModel(tensors["weights"], tensors["bias"])


def ngram_rows(packed: Packed) -> NDArray[np.uint32]:
    """Of each order, the row of the n-gram that ends at each symbol, shape (5, S); of blanks anything."""
    sums = packed.prefix_sums
    hashed = np.empty((len(ORDERS), len(packed.folded)), np.uint32)
    hashed[:] = sums[1:]
    for index, order in enumerate(ORDERS):
        # Blanks add 0 to the sums, so an n-gram that reaches before its text is a shorter one.
        hashed[index, order:] -= sums[1:-order]
    hashed *= end_powers(len(packed.folded))
    hashed += np.array(ORDERS, np.uint32)[:, np.newaxis]
    mix(hashed)
    hashed &= np.uint32(ROWS - 1)
    return hashed
