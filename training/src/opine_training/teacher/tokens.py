"""Texts as word pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer
    from torch import Tensor

    from opine_training.data.corpus import Texts

_AT_ONCE = 4096
_SPECIAL = 2  # tokens that `padded` adds to each text


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    first: int
    last: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        return cls(*tokenizer.encode("").ids)


@dataclass(frozen=True, slots=True)
class TokenTexts:
    """N texts in one flat array: 2 bytes a token."""

    tokens: NDArray[np.uint16]
    ends: NDArray[np.int64]
    """Shape (N,): where the tokens of each text end."""
    special: SpecialTokens

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, place: int) -> NDArray[np.uint16]:
        return self.tokens[self.ends[place - 1] if place else 0 : self.ends[place]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.ends, prepend=0)


def tokenise(tokenizer: Tokenizer, texts: Texts) -> TokenTexts:
    """Without special tokens."""
    parts: list[NDArray[np.uint16]] = []
    lengths: list[int] = []
    for begin in range(0, len(texts), _AT_ONCE):
        found = tokenizer.encode_batch_fast(texts[begin : begin + _AT_ONCE], add_special_tokens=False)
        parts += [np.array(each.ids, np.uint16) for each in found]
        lengths += [len(each.ids) for each in found]
    return TokenTexts(np.concatenate(parts), np.cumsum(lengths), SpecialTokens.of(tokenizer))


def clipped(tokens: NDArray[np.uint16], longest: int) -> NDArray[np.uint16]:
    """A text as it is, or two thirds of `longest` from its start and one third from its end."""
    if len(tokens) <= longest:
        return tokens
    tail = longest - longest * 2 // 3
    return np.concatenate([tokens[: longest - tail], tokens[len(tokens) - tail :]])


def padded(texts: Sequence[NDArray[np.uint16]], special: SpecialTokens) -> tuple[Tensor, Tensor]:
    """Tokens with the special ones around them, and their mask; both of shape (N, L)."""
    shape = len(texts), max(map(len, texts)) + _SPECIAL
    tokens_NL, mask_NL = np.zeros(shape, np.int64), np.zeros(shape, np.int64)  # what is masked may be any token
    for row, text in enumerate(texts):
        end = len(text) + 1
        tokens_NL[row, 0], tokens_NL[row, 1:end], tokens_NL[row, end] = special.first, text, special.last
        mask_NL[row, : end + 1] = 1
    return torch.from_numpy(tokens_NL), torch.from_numpy(mask_NL)


def batches(lengths: NDArray[np.int64], most: int, order: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Places of texts that share a batch.

    Args:
        lengths: tokens of each text, shape (N,).
        most: tokens of a batch once it is padded; a text that is longer has one for itself.
        order: of the places: one next to another of like length.
    """
    begins, widest = [0], 0
    for number, length in enumerate((lengths[order] + _SPECIAL).tolist()):
        widest = max(widest, length)
        if widest * (number + 1 - begins[-1]) > most and number > begins[-1]:
            begins.append(number)
            widest = length
    return np.split(order, begins[1:])
