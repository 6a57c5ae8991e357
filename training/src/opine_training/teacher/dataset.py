"""Reviews as word pieces, and the batches of an epoch: all of it follows from the seed and the epoch's number."""

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

    from opine_training.corpus import Texts
    from opine_training.teacher.training import TeachConfig

_AT_ONCE = 4096  # texts: the tokenizer works on several cores, and its answers are objects
_SPECIAL = 2  # tokens that `padded` adds to each text


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """What an encoder wants around a text: [CLS] and [SEP] of BERT, <s> and </s> of MPNet."""

    first: int
    last: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        # An empty text consists of these two and nothing else.
        return cls(*tokenizer.encode("").ids)


@dataclass(frozen=True, slots=True)
class TokenTexts:
    """N texts in one flat array: 2 bytes a token."""

    tokens: NDArray[np.uint16]
    """Of all texts, one after the other; BERT's and MPNet's vocabularies have some 30,500 entries."""
    ends: NDArray[np.int64]
    """Shape (N,): where the tokens of each text end."""
    special: SpecialTokens

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> NDArray[np.uint16]:
        return self.tokens[self.ends[index - 1] if index else 0 : self.ends[index]]

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
    # Head and tail beat either alone (Sun et al. 2019): reviews often end with their verdict.
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
    """Indices of texts that share a batch.

    Args:
        lengths: tokens of each text, shape (N,).
        most: tokens of a batch once it is padded; a text that is longer has one for itself.
        order: of the indices: one next to another of like length.
    """
    begins, widest = [0], 0
    for number, length in enumerate((lengths[order] + _SPECIAL).tolist()):
        widest = max(widest, length)
        if widest * (number + 1 - begins[-1]) > most and number > begins[-1]:
            begins.append(number)
            widest = length
    return np.split(order, begins[1:])


_SHORTEST = 5  # tokens: a shorter beginning says nothing yet


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """N texts of a step, padded to the longest of L tokens."""

    tokens: Tensor
    """Shape (N, L)."""
    mask: Tensor
    """Shape (N, L): 1 where there is a token, 0 where there is padding."""
    stars: Tensor
    """0-4, shape (N,)."""


@dataclass(frozen=True, slots=True)
class TokenDataset:
    """N reviews as word pieces, with their stars."""

    texts: TokenTexts
    stars: NDArray[np.int64]
    """0-4, shape (N,)."""


class TeacherEpoch:
    """The steps of an epoch by number."""

    def __init__(self, dataset: TokenDataset, config: TeachConfig, number: int) -> None:
        # One generator, whose draws follow in this order: another order would be another epoch for a run that goes on.
        rng = np.random.default_rng([config.seed, number])
        self._texts, self._longest = dataset.texts, config.longest
        self._indices = epoch_rows(dataset.stars, config.frequent_ratio, rng)
        if config.rows:
            self._indices = self._indices[even_rows(dataset.stars[self._indices], config.rows, rng)]
        self._stars = dataset.stars[self._indices]
        self._read = _prefixes(dataset.texts.lengths[self._indices], config.prefix_share, rng)
        lengths = np.minimum(self._read, config.longest)
        jittered = lengths * rng.uniform(0.85, 1.18, len(lengths))  # so that neighbours change from epoch to epoch
        self._steps = batches(lengths, config.batch_tokens, np.argsort(jittered, kind="stable"))
        # Short and long texts by turns: in order of length the loss would drift within an epoch.
        rng.shuffle(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> TokenBatch:
        step = self._steps[number]
        texts = [clipped(self._texts[self._indices[each]][: self._read[each]], self._longest) for each in step]
        return TokenBatch(*padded(texts, self._texts.special), torch.from_numpy(self._stars[step]))


def epoch_rows(stars: NDArray[np.int64], frequent_ratio: float, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of the rows that are read: of the most frequent star no more than a multiple of the next one's rows."""
    rarer, frequent = np.argsort(np.bincount(stars, minlength=2), kind="stable")[-2:]
    rows = np.flatnonzero(stars == frequent)
    most = int(frequent_ratio * (stars == rarer).sum()) or len(rows)  # all, where all have the same star
    if most < len(rows):
        rows = rng.choice(rows, most, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(stars != frequent), rows]))


def even_rows(stars: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of at most so many rows: as many of each star as of any other, or all that a rare one has."""
    # Rows in a random order take turns by star: the first of each, the second of each, until there are enough.
    order = rng.permutation(len(stars))
    turns = np.empty(len(stars), np.int64)  # a row's index among those of its star
    for star in np.unique(stars):
        of_star = order[stars[order] == star]
        turns[of_star] = np.arange(len(of_star))
    return np.sort(order[np.argsort(turns[order], kind="stable")][:most])


def _prefixes(lengths: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """How many tokens are read of each text: of some the first 20 to 100 %."""
    cut = np.maximum(_SHORTEST, (lengths * rng.uniform(0.2, 1, len(lengths))).astype(np.int64))
    return np.where(rng.random(len(lengths)) < share, np.minimum(cut, lengths), lengths)
