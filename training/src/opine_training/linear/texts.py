"""Many texts at a time, as word n-grams are looked for in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charcnn.packing import pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charcnn.packing import Packed

    from opine_training.data.corpus import Corpus

_TEXTS = 2000


def packed_texts(corpus: Corpus) -> Iterator[Packed]:
    """All texts in order, some thousands at a time, a symbol a cell."""
    for first in range(0, len(corpus), _TEXTS):
        places = range(first, min(first + _TEXTS, len(corpus)))
        yield pack([corpus.text_symbols(place) for place in places], stride=1, gap=1)
