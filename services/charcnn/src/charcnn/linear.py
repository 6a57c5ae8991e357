"""The linear part of a model: what frequent phrases say, beside what the network reads (Cheng et al. 2016).

A linear model of word n-grams whose occurrences weigh by their inverse document frequency (Sparck Jones 1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from charcnn.artefact import LINEAR, ArtefactError
from charcnn.config import STARS, LinearConfig
from charcnn.features import end_powers, mix, word_spans

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.features import Packed

# Knuth's multiplier, 2^32 over the golden ratio. It makes the order of words count; odd, so no bit is lost.
_ODD = np.uint32(0x9E3779B1)
# Half precision has 11 bits, more than three digits: a model of 100,000 n-grams takes 1.6 MB instead of 2.8.
_TYPES = {"fingerprints": np.uint32, "idf": np.float16, "contributions": np.float16, "bias": np.float32}


@dataclass(frozen=True, slots=True)
class WordNgrams:
    """M occurrences."""

    fingerprints: NDArray[np.uint32]
    """Shape (M,): 32 bits of hash."""
    text: NDArray[np.int64]
    """Shape (M,): indices of the texts."""
    begins: NDArray[np.intp]
    """Shape (M,): the first symbol."""
    ends: NDArray[np.intp]
    """Shape (M,): one past the last symbol."""

    def at(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> WordNgrams:
        """Some of the occurrences, by a mask of shape (M,) or by indices."""
        return WordNgrams(self.fingerprints[which], self.text[which], self.begins[which], self.ends[which])


def word_ngrams(packed: Packed, max_ngram: int) -> WordNgrams:
    """All n-grams of 1 to `max_ngram` words; none reaches from a text into the next."""
    begins, ends = word_spans(packed.folded)
    words = mix((packed.prefix_sums[ends] - packed.prefix_sums[begins]) * end_powers(len(packed.folded))[ends - 1])
    runs = [words]
    # A run of n words is the run of n - 1 from the same begin, times a factor, plus the word that follows.
    for more in range(1, min(max_ngram, len(words))):
        runs.append(runs[-1][:-1] * _ODD + words[more:])
    fingerprints = np.concatenate(runs)
    first = np.concatenate([np.arange(len(run)) for run in runs])
    last = np.concatenate([np.arange(more, len(words)) for more in range(len(runs))])
    text = packed.cell_text[begins // packed.stride]
    found = WordNgrams(fingerprints, text[first], begins[first], ends[last])
    return found.at(found.text == text[last]) if len(packed.starts) > 1 else found


@dataclass(frozen=True, slots=True)
class KnownNgrams:
    """M occurrences of known n-grams in N texts."""

    ngrams: WordNgrams
    indices: NDArray[np.intp]
    """Shape (M,): among the known n-grams."""
    norms: NDArray[np.float64]
    """Shape (M,): of the text, the root of the sum of its n-grams' squared weights."""


def known_ngrams(
    packed: Packed, max_ngram: int, fingerprints: NDArray[np.uint32], idf: NDArray[np.float32]
) -> KnownNgrams:
    """Which n-grams of packed texts are known.

    Args:
        packed: the texts.
        max_ngram: words of the longest n-gram.
        fingerprints: of the known ones, shape (E,), ascending; at least one.
        idf: their weights, shape (E,).
    """
    found = word_ngrams(packed, max_ngram)
    # A binary search in one sorted array: a dict of 100,000 would cost memory, time at each start, and a Python loop.
    indices = np.searchsorted(fingerprints, found.fingerprints)
    indices[indices == len(fingerprints)] = 0  # past the end: any valid index, for the comparison refuses it
    known = np.flatnonzero(fingerprints[indices] == found.fingerprints)
    found, indices = found.at(known), indices[known]
    squares = np.square(idf[indices], dtype=np.float64)
    norms = np.sqrt(np.bincount(found.text, squares, minlength=len(packed.starts)))
    return KnownNgrams(found, indices, norms[found.text])


@dataclass(frozen=True, slots=True)
class LinearOutput:
    """Logits of N texts and what each known n-gram contributes to them."""

    logits: NDArray[np.float64]
    """Shape (N, 5)."""
    contributions: NDArray[np.float64]
    """Shape (M, 5)."""
    known: KnownNgrams


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Logits = bias + sum of w s over the known n-grams of a text / root of the sum of w^2.

    An n-gram is known by 32 bits of hash, which one in 40,000 unknown ones shares with one of 100,000 known ones.
    """

    max_ngram: int
    """Words of the longest n-gram."""
    fingerprints: NDArray[np.uint32]
    """Shape (E,), ascending."""
    idf: NDArray[np.float32]
    """w, shape (E,)."""
    contributions: NDArray[np.float32]
    """w s, shape (E, 5)."""
    bias: NDArray[np.float32]
    """Shape (5,)."""

    def forward(self, packed: Packed) -> LinearOutput:
        """Logits of packed texts, and what each known n-gram contributes to them."""
        known = known_ngrams(packed, self.max_ngram, self.fingerprints, self.idf)
        contributions = self.contributions[known.indices] / known.norms[:, np.newaxis]
        count = len(packed.starts)
        cells = known.ngrams.text[:, np.newaxis] * len(STARS) + np.arange(len(STARS))
        logits = np.tile(self.bias.astype(np.float64), count)
        logits += np.bincount(cells.ravel(), contributions.ravel(), minlength=len(logits))
        return LinearOutput(logits.reshape(count, len(STARS)), contributions, known)


def save_linear(model: LinearModel, folder: Path) -> LinearConfig:
    """Write the file, with weights and contributions in half precision."""
    save_file(
        {name: np.ascontiguousarray(getattr(model, name).astype(kind)) for name, kind in _TYPES.items()},
        folder / LINEAR,
    )
    return LinearConfig(max_ngram=model.max_ngram, entries=len(model.fingerprints))


def load_linear(folder: Path, config: LinearConfig) -> LinearModel:
    """Widened to single precision.

    Raises:
        ArtefactError: the file does not fit its configuration.
    """
    file = folder / LINEAR
    tensors = load_file(file)
    entries = (config.entries,)
    expected = {"fingerprints": entries, "idf": entries, "contributions": (*entries, len(STARS)), "bias": (len(STARS),)}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    # As int64, because a difference of unsigned numbers is never negative.
    if found != expected or not np.all(np.diff(tensors["fingerprints"].astype(np.int64)) > 0):
        raise ArtefactError(f"{file} does not fit its configuration. Export the model again.")
    return LinearModel(
        max_ngram=config.max_ngram,
        fingerprints=tensors["fingerprints"],
        **{name: tensors[name].astype(np.float32) for name in ("idf", "contributions", "bias")},
    )
