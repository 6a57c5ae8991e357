"""Which rows an epoch reads, which of them share a step, and what a step reads of each: augmentation, soft targets.

All randomness follows from the seed, the epoch, the step and the position in it: a step is the same whoever prepares
it, however many processes share it and however often a run was interrupted.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from opine_training.optimisation import Batch, Targets, class_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.config import AugmentationConfig, SamplingConfig, TrainConfig
    from opine_training.corpus import Corpus
    from opine_training.networks import Encoding
    from opine_training.optimisation import Processes


def epoch_indices(classes: NDArray[np.int64], config: SamplingConfig, seed: int, epoch: int) -> NDArray[np.int64]:
    """Indices of the rows that an epoch reads, some of them more than once where they are drawn.

    Args:
        classes: of all rows, shape (N,).
        config: how classes are balanced.
        seed: of the run: classes are cut to the same rows in every epoch.
        epoch: rows are drawn anew in each.
    """
    if config.classes == "cut":
        return _cut(classes, config.ratio, np.random.default_rng(seed))
    indices = np.arange(len(classes))
    if config.classes == "drawn":
        weight = 1 / np.bincount(classes)[classes]
        return np.random.default_rng([seed, epoch]).choice(indices, len(indices), p=weight / weight.sum())
    return indices


def steps(
    indices: NDArray[np.int64], cost: NDArray[np.int64], config: SamplingConfig, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The indices, split into steps of rows alike in length, in random order.

    Args:
        indices: shape (M,).
        cost: characters to read of each, shape (M,).
        config: how large a step is.
        rng: of the epoch.
    """
    # Sorted by length alone, a text would meet the same neighbours in every epoch.
    jittered = cost * rng.uniform(0.8, 1.25, len(cost))
    order = np.argsort(jittered, kind="stable")  # stable: equal lengths in one order on every machine
    if config.batch_texts:
        part = np.arange(len(order)) // config.batch_texts
    else:
        part = (np.cumsum(cost[order]) - 1) // config.batch_characters
    batches = np.split(indices[order], np.flatnonzero(np.diff(part)) + 1)
    rng.shuffle(batches)
    return batches


def _cut(classes: NDArray[np.int64], ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    shuffled = rng.permutation(len(classes))
    present = np.unique(classes)
    most = int(ratio * min((classes == each).sum() for each in present))
    kept = [shuffled[classes[shuffled] == each][:most] for each in present]
    return np.sort(np.concatenate(kept))


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


@dataclass(frozen=True, slots=True)
class SoftTarget:
    """What a teacher said of a text or of a piece of it."""

    begin: int
    end: int | None
    """Symbols `begin:end` of the text were read; None: to its end."""
    logits: NDArray[np.float32]


class SoftTargets:
    """M targets: `digests` (M,) of whole texts, `logits` (M, K), and for pieces `begins` and `ends` (M,).

    A digest is `opine_training.reviews.text_digest` of the whole text, begins and ends count symbols of `charcnn.text`,
    and an end of 0 means the whole text. A file is a NumPy .npz of these arrays; without
    `begins` and `ends` all are whole.
    """

    def __init__(
        self,
        digests: NDArray[np.uint64],
        logits: NDArray[np.float32],
        begins: NDArray[np.int64] | None = None,
        ends: NDArray[np.int64] | None = None,
    ) -> None:
        none = np.zeros(len(digests), np.int64)
        self._ends = none if ends is None else ends
        begins = none if begins is None else begins
        order = np.lexsort((self._ends > 0, digests))  # of each text, the whole comes first
        self._digests, self._logits = digests[order], logits[order].astype(np.float32)
        self._begins, self._ends = begins[order], self._ends[order]

    @classmethod
    def load(cls, file: Path) -> SoftTargets:
        """Read a file; pickled arrays are refused, since they could run code.

        Raises:
            OSError: there is no such file.
            ValueError: it holds pickled arrays.
        """
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def __add__(self, other: SoftTargets) -> SoftTargets:
        """Those of both."""
        pairs = zip(self._arrays, other._arrays, strict=True)
        return SoftTargets(*(np.concatenate(pair) for pair in pairs))

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self._digests, self._logits, self._begins, self._ends

    @property
    def classes(self) -> int:
        """K."""
        return int(self._logits.shape[1])

    def choose(self, digest: int, piece_share: float, rng: np.random.Generator) -> SoftTarget | None:
        """What to read of a text, with its logits: a piece in `piece_share` of the cases, where there is one."""
        first, last = (int(np.searchsorted(self._digests, np.uint64(digest), side)) for side in ("left", "right"))
        if first == last:
            return None
        pieces = first + int((self._ends[first:last] == 0).sum())
        # Drawn even where there is no piece, so that a text's other random numbers do not depend on it.
        wants_piece = rng.random() < piece_share
        begin, end = (pieces, last) if pieces < last and (wants_piece or pieces == first) else (first, pieces)
        chosen = int(rng.integers(begin, end))
        return SoftTarget(int(self._begins[chosen]), int(self._ends[chosen]) or None, self._logits[chosen])


class Epoch(torch.utils.data.Dataset[Batch]):
    """The steps of an epoch by number."""

    def __init__(
        self,
        corpus: Corpus,
        encoding: Encoding,
        config: TrainConfig,
        number: int,
        *,
        processes: Processes,
        soft_targets: SoftTargets | None = None,
    ) -> None:
        self._corpus = corpus
        self._encoding = encoding
        self._config = config
        self.number = number
        self._processes = processes
        self._soft_targets = soft_targets
        self._classes = encoding.classes_of(corpus.stars)
        indices = epoch_indices(self._classes, config.sampling, config.seed, number)
        cost = encoding.cost(np.minimum(corpus.lengths[indices], config.augmentation.longest))
        self._steps = steps(indices, cost, config.sampling, np.random.default_rng([config.seed, number]))
        counts = torch.from_numpy(np.bincount(self._classes[indices], minlength=encoding.classes))
        self._class_weights = class_weights(counts, config.loss.class_balance)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> Batch:
        step = self._steps[number]
        # Of the whole step, which every process knows: none needs to ask the others for its share.
        total = float(self._class_weights[self._classes[step]].sum())
        ours = np.arange(len(step))[self._processes.rank :: self._processes.count]
        idle = not len(ours)  # a step of fewer texts than processes: somebody reads one that counts for nothing
        ours = ours if not idle else np.zeros(1, np.int64)
        indices = step[ours]
        # By the position in the whole step, not in this process's part: however many share it, a text reads alike.
        read = [
            self._read(int(index), np.random.default_rng([self._config.seed, self.number, number, int(position)]))
            for index, position in zip(indices, ours, strict=True)
        ]
        # Behind the positions of the texts, so that no text shares a stream with it.
        rng = np.random.default_rng([self._config.seed, self.number, number, len(step) + self._processes.rank])
        classes = torch.from_numpy(self._classes[indices])
        soft = torch.from_numpy(np.stack([target for _, target in read])) if self._soft_targets else None
        return Batch(
            self._encoding.inputs([text for text, _ in read], rng),
            Targets(classes, soft),
            self._class_weights[classes] * (not idle),
            total,
        )

    def _read(self, index: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """What is read of a text, and the teacher's logits of that, NaN where there are none."""
        text, config = self._corpus.text_symbols(index), self._config.augmentation
        # NaN, not zeros: zeros would be a teacher who holds all stars for equally likely.
        missing = np.full(self._encoding.classes, np.nan, np.float32)
        if self._soft_targets is None:
            return augment(text, config, rng), missing
        target = self._soft_targets.choose(int(self._corpus.digests[index]), config.prefix_share, rng)
        if target is None:
            return augment(text, config, rng), missing
        # Not cut again: the teacher spoke of just this piece.
        return augment(text[target.begin : target.end], config, rng, whole=False), target.logits
