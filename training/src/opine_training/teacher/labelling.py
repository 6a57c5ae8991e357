"""Soft labels of a corpus: a teacher's logits of each review, of a beginning and of a clause of it.

A review's stars say little about its clauses, the teacher's logits do; and the product reads beginnings. Labels are
made in parts, so that a run that was killed goes on with the next one.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, fields
from itertools import islice
from typing import TYPE_CHECKING, Self

import numpy as np
from charcnn.text import encode
from tqdm import tqdm

from opine_training.runs import atomic_write
from opine_training.teacher.dataset import SpecialTokens
from opine_training.teacher.training import teacher_logits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from charcnn.text import EncodedText
    from numpy.typing import NDArray
    from tokenizers import Encoding, Tokenizer

    from opine_training.corpus import Corpus
    from opine_training.optimisation import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.training import TeachConfig

logger = logging.getLogger(__name__)
_CLAUSE_WORDS = 4, 24  # fewest and most: about a clause, up to a long sentence
_SHORT = 6
"""A text of fewer tokens is read as a whole only."""


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens first to last (exclusive), which are the characters begin to end (exclusive)."""

    first: int
    last: int
    begin: int
    end: int | None
    """None: the text's end."""


def spans(offsets: Sequence[tuple[int, int]], longest: int, rng: np.random.Generator) -> Iterator[Span]:
    """The whole text, or the first and the last tokens of one that is too long; then, at random, parts of it.

    Args:
        offsets: characters (begin, end) of each token.
        longest: most tokens of a span.
        rng: draws the beginning and the clause.
    """
    count = len(offsets)

    def span(first: int, last: int) -> Span:
        # What stands before the first token and after the last, such as spaces, belongs to the text's ends.
        begin = offsets[first][0] if first else 0
        return Span(first, last, begin, offsets[last - 1][1] if last < count else None)

    yield span(0, min(count, longest))
    if count > longest:
        yield span(count - longest, count)
    if count < _SHORT:
        return
    # A word begins where there is a gap: word pieces of one word touch. Parts are cut between words only.
    words = [0, *(index for index in range(1, count) if offsets[index][0] > offsets[index - 1][1])]
    cuts = [index for index in words[1:] if index <= longest]
    if cuts:
        yield span(0, int(rng.choice(cuts)))
    fewest, most = _CLAUSE_WORDS
    if len(words) > fewest:
        length = int(rng.integers(fewest, min(most, len(words) - 1), endpoint=True))
        start = int(rng.integers(0, len(words) - length, endpoint=True))
        first, last = words[start], [*words, count][start + length]
        yield span(first, min(last, first + longest))


@dataclass(frozen=True, slots=True)
class UnlabelledText:
    """A text that a teacher is to label."""

    number: int
    """In the corpus."""
    digest: int
    text: str
    start_only: bool = False
    """Whether no part of it may be read but the first tokens."""


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """M texts or parts of texts; a file of them is one that `opine_training.sampling.SoftTargets` reads."""

    digests: NDArray[np.uint64]
    """Shape (M,): of the whole texts."""
    begins: NDArray[np.int32]
    """Shape (M,): the first symbol of each part."""
    ends: NDArray[np.int32]
    """Shape (M,): one past its last symbol; 0 for a whole text."""
    logits: NDArray[np.float16]
    """Shape (M, 5)."""

    def write(self, file: Path) -> None:
        """Write them whole or not at all."""
        with atomic_write(file) as handle:
            np.savez(handle, digests=self.digests, begins=self.begins, ends=self.ends, logits=self.logits)

    @classmethod
    def read(cls, files: Sequence[Path]) -> Self:
        """The labels of several files."""
        parts = []
        for file in files:
            with np.load(file, allow_pickle=False) as arrays:
                parts.append(dict(arrays))
        return cls(*(np.concatenate([part[each.name] for part in parts]) for each in fields(cls)))


def soft_labels(
    network: Teacher, tokenizer: Tokenizer, texts: Sequence[UnlabelledText], *, longest: int, seed: int, device: Device
) -> SoftLabels:
    """A teacher's logits of texts and of parts of them.

    Args:
        network: on the device.
        tokenizer: adds no special tokens.
        texts: to be labelled.
        longest: most tokens of a span.
        seed: says, with a text's number, which parts of it are read.
        device: where the network is.
    """
    read: list[NDArray[np.uint16]] = []
    digests, begins, ends = [], [], []
    encodings = tokenizer.encode_batch([each.text for each in texts], add_special_tokens=False)
    for each, encoding in zip(texts, encodings, strict=True):
        parts = _parts(each.text, encoding, longest, np.random.default_rng([seed, each.number]))
        for tokens, begin, end in islice(parts, 1 if each.start_only else None):
            read.append(tokens)
            digests.append(each.digest)
            begins.append(begin)
            ends.append(end)
    # Half precision keeps three digits of a logit, in half of the file.
    logits = teacher_logits(network, read, SpecialTokens.of(tokenizer), device).astype(np.float16)
    return SoftLabels(np.array(digests, np.uint64), np.array(begins, np.int32), np.array(ends, np.int32), logits)


def _parts(
    text: str, encoding: Encoding, longest: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint16], int, int]]:
    """Tokens of each span of a text, and its symbols begin to end; an end of 0 is that of the whole text."""
    encoded = encode(text)
    tokens = np.array(encoding.ids, np.uint16)
    for span in spans(encoding.offsets, longest, rng):
        begin, end = symbols_of(span, encoded)
        if span.last - span.first == len(tokens):
            yield tokens, 0, 0
        elif begin < end:  # the student skips characters that the teacher reads
            yield tokens[span.first : span.last], begin, end


def symbols_of(span: Span, encoded: EncodedText) -> tuple[int, int]:
    """Where the characters of a span are among a text's symbols."""
    end = encoded.length if span.end is None else span.end
    if encoded.positions is None:
        return span.begin, end
    begin, end = np.searchsorted(encoded.positions, [span.begin, end]).tolist()
    return begin, end


SOFT_TARGETS = "soft-targets.npz"
# The name that runs of before have on disk: they go on with their next part.
PARTS = "opinions"


@dataclass(frozen=True, slots=True)
class Labeller:
    """Labels a corpus part by part, each a file."""

    config: TeachConfig
    folder: Path
    device: Device
    part_texts: int = 4096
    """Texts a part, which a kill costs: under a minute of MiniLM on two cores."""

    def run(self, network: Teacher, tokenizer: Tokenizer, corpus: Corpus) -> None:
        """Write the logits of a network on the device for all texts and for parts of them."""
        (self.folder / PARTS).mkdir(exist_ok=True)
        longest, seed = self.config.longest, self.config.seed
        files = []
        with tqdm(total=len(corpus), desc="soft labels", unit="text", mininterval=2) as bar:
            for texts in self._parts(corpus):
                files.append(self.folder / PARTS / f"{texts[0].number}.npz")
                if not files[-1].exists():
                    found = soft_labels(network, tokenizer, texts, longest=longest, seed=seed, device=self.device)
                    found.write(files[-1])
                bar.update(len(texts))
        # Parts go only once the whole is written: a kill in between costs nothing.
        together = SoftLabels.read(files)
        together.write(self.folder / SOFT_TARGETS)
        shutil.rmtree(self.folder / PARTS)
        logger.info("%d soft labels of %d texts in %s", len(together.ends), len(corpus), self.folder / SOFT_TARGETS)

    def _parts(self, corpus: Corpus) -> Iterator[list[UnlabelledText]]:
        """Texts that share a digest differ in punctuation, and so in where their parts are."""
        _, which, counts = np.unique(corpus.digests, return_inverse=True, return_counts=True)
        shared = counts[which] > 1
        for begin in range(0, len(corpus), self.part_texts):
            yield [
                UnlabelledText(number, int(corpus.digests[number]), corpus.texts[number], bool(shared[number]))
                for number in range(begin, min(begin + self.part_texts, len(corpus)))
            ]
