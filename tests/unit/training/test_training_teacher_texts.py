"""What the teacher reads: word pieces, and parts of texts where the student looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from charcnn.text import encode
from opine_training.teacher.dataset import SpecialTokens, batches, clipped, padded
from opine_training.teacher.encoder import load_tokenizer
from opine_training.teacher.labelling import Span, spans, symbols_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEXT = "I ordered two lamps in March, and nobody answered my mails for weeks until the shop gave up on me."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer()


def drawn(offsets: list[tuple[int, int]], longest: int = 160, times: int = 300) -> list[list[Span]]:
    return [list(spans(offsets, longest, np.random.default_rng(seed))) for seed in range(times)]


def test_a_text_is_read_whole_by_its_beginning_and_by_a_clause(tokenizer: Tokenizer) -> None:
    offsets = tokenizer.encode(TEXT, add_special_tokens=False).offsets
    clauses = set()
    for whole, beginning, clause in drawn(offsets):
        assert whole == Span(0, len(offsets), 0, None)
        assert beginning.begin == 0
        assert beginning.end is not None
        assert TEXT[: beginning.end].split() == TEXT.split()[: len(TEXT[: beginning.end].split())]
        words = TEXT[clause.begin : clause.end].split()
        assert " ".join(words) in TEXT
        assert set(words) <= set(TEXT.split())  # none is cut
        clauses.add(len(words))
    assert clauses == set(range(4, len(TEXT.split())))


def test_clauses_have_at_most_24_words() -> None:
    offsets = [(4 * word, 4 * word + 3) for word in range(100)]
    lengths = {clause.last - clause.first for *_, clause in drawn(offsets)}
    assert (min(lengths), max(lengths)) == (4, 24)


def test_a_text_that_is_too_long_is_read_by_both_ends() -> None:
    offsets = [(4 * word, 4 * word + 3) for word in range(100)]
    for start, end, beginning, clause in drawn(offsets, longest=20):
        assert start == Span(0, 20, 0, 79)
        assert end == Span(80, 100, 320, None)
        assert beginning.last <= 20
        assert clause.last - clause.first <= 20


@pytest.mark.parametrize("text", ["", "Great!", "Great shop", "Unbelievablyyyyyyyyyyyyyyyyyyyyyyyyy"])
def test_a_short_text_or_word_is_read_as_a_whole_only(tokenizer: Tokenizer, text: str) -> None:
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    assert [span.end for span in spans(offsets, 160, np.random.default_rng(0))] == [None]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "Great \U0001f44d\U0001f3fd shop, \U0001f468\u200d\U0001f469\u200d\U0001f467 liked it all the same, really!",
        "cafe\u0301 \u2013 \ufb01ne food\u2026 \u00bd price \u2167 times\u200b over, \u0130stanbul\ufe0f style it was",
        "\u65e5\u672c\u8a9e and \u05e9\u05dc\u05d5\u05dd\u05b0 side by side, a\0b c\x07 with controls inside",
    ],
)
def test_a_part_is_the_same_to_the_student_as_to_the_teacher(tokenizer: Tokenizer, text: str) -> None:
    encoding, encoded = tokenizer.encode(text, add_special_tokens=False), encode(text)
    for each in (span for found in drawn(encoding.offsets, times=50) for span in found):
        begin, end = symbols_of(each, encoded)
        assert encoded.symbols[begin:end].tolist() == encode(text[each.begin : each.end]).symbols.tolist()


def test_long_texts_are_clipped_to_their_ends() -> None:
    tokens = np.arange(100, dtype=np.uint16)
    assert clipped(tokens, 9).tolist() == [0, 1, 2, 3, 4, 5, 97, 98, 99]
    assert clipped(tokens, 100) is tokens


def test_texts_are_padded_between_special_tokens(tokenizer: Tokenizer) -> None:
    ids = [np.array(tokenizer.encode(text, add_special_tokens=False).ids, np.uint16) for text in ("good", "", "so it")]
    tokens, mask = padded(ids, SpecialTokens.of(tokenizer))
    for row, text in enumerate(("good", "", "so it")):
        expected = tokenizer.encode(text).ids
        assert tokens[row].tolist() == expected + [0] * (4 - len(expected))
        assert mask[row].tolist() == [1] * len(expected) + [0] * (4 - len(expected))


def test_a_batch_is_bounded_with_its_padding() -> None:
    lengths = np.random.default_rng(0).integers(1, 60, 500)
    lengths[7] = 300
    found = batches(lengths, 256, np.argsort(lengths, kind="stable"))
    assert sorted(np.concatenate(found).tolist()) == list(range(500))
    sizes = [(len(batch), len(batch) * (lengths[batch].max() + 2)) for batch in found]
    assert [rows for rows, size in sizes if size > 256] == [1]  # the text that is longer by itself
    full = [size + lengths[after[0]] + 2 for (_, size), after in zip(sizes, found[1:], strict=False)]
    assert min(full) > 256 - 60
