"""What a teacher thinks of some texts and of parts of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import islice
from typing import TYPE_CHECKING, Self

import numpy as np
from charcnn.text import encode

from opine_training.atomic import atomic_write
from opine_training.teacher.inference import teacher_logits
from opine_training.teacher.spans import spans
from opine_training.teacher.tokens import SpecialTokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from charcnn.text import EncodedText
    from numpy.typing import NDArray
    from tokenizers import Encoding, Tokenizer

    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.spans import Span


@dataclass(frozen=True, slots=True)
class Judged:
    """A text whose opinion is wanted."""

    number: int
    """In the corpus."""
    digest: int
    text: str
    start_only: bool = False
    """Whether no part of it may be read but the first tokens."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """M opinions; a file of them is one that `opine_training.fitting.soft_targets` reads."""

    digests: NDArray[np.uint64]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    logits: NDArray[np.float16]

    def write(self, file: Path) -> None:
        with atomic_write(file) as handle:
            np.savez(handle, digests=self.digests, begins=self.begins, ends=self.ends, logits=self.logits)

    @classmethod
    def read(cls, files: Sequence[Path]) -> Self:
        """All opinions of some files."""
        parts = []
        for file in files:
            with np.load(file, allow_pickle=False) as arrays:
                parts.append(dict(arrays))
        return cls(*(np.concatenate([part[each.name] for part in parts]) for each in fields(cls)))


def opinions(
    network: Teacher, tokenizer: Tokenizer, texts: Sequence[Judged], *, longest: int, seed: int, device: Device
) -> Opinions:
    """Ask a teacher.

    Args:
        network: on the device.
        tokenizer: adds no special tokens.
        texts: to be judged.
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
    logits = teacher_logits(network, read, SpecialTokens.of(tokenizer), device).astype(np.float16)
    return Opinions(np.array(digests, np.uint64), np.array(begins, np.int32), np.array(ends, np.int32), logits)


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
