"""The linear part: which n-grams there are, what they say, and who hears it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from charcnn.artefact import ArtefactError
from charcnn.config import LinearConfig
from charcnn.features import fold_case, pack, word_spans
from charcnn.linear import load_linear, save_linear, word_ngrams
from charcnn.prediction import STAR_VALENCE, ngram_contributions
from charcnn.text import encode
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.features import Packed
    from charcnn.linear import LinearModel
    from numpy.typing import NDArray

STRIDE = 4


def packed(*texts: str) -> Packed:
    return pack([encode(text).symbols for text in texts], stride=STRIDE, gap=1)


def words_of(text: str) -> list[str]:
    symbols = encode(text).symbols
    return [text[begin:end].lower() for begin, end in zip(*word_spans(fold_case(symbols)), strict=True)]


def ngrams_of(text: str, longest: int) -> list[str]:
    found = word_ngrams(packed(text), longest)
    return [text[begin:end] for begin, end in zip(found.begins, found.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" .,- ", []),
        ("Don't buy, it BROKE", ["don't", "buy", "it", "broke"]),
        ("No!!! Why?", ["no", "!", "!", "!", "why", "?"]),
        ("5\u2605 good\U0001f60agreat", ["5", "good", "\U0001f60a", "great"]),
    ],
)
def test_words_are_letters_digits_apostrophes_and_each_mark(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(alphabet="aB1' .!?-", max_size=40))
def test_words_are_those_of_a_regular_expression(text: str) -> None:
    assert words_of(text) == re.findall(r"[a-z0-9']+|[!?]", text.lower())


def test_ngrams_are_all_runs_of_words() -> None:
    assert ngrams_of("Not good, at", 3) == ["Not", "good", "at", "Not good", "good, at", "Not good, at"]
    assert ngrams_of("Not good, at", 1) == ["Not", "good", "at"]


def test_a_fingerprint_is_of_the_words_in_their_order_and_of_nothing_else() -> None:
    def fingerprint(text: str) -> int:
        return int(word_ngrams(packed(text), 3).fingerprints[-1])

    assert fingerprint("Not good") == fingerprint("... NOT, good ")
    others = ["good not", "not goo", "no tgood", "not", "good", "not good not", "notgood", "not good!"]
    assert len({fingerprint(text) for text in [*others, "not good"]}) == len(others) + 1


def test_fingerprints_are_what_they_were() -> None:
    """They stand in artefacts."""
    found = [hex(each) for each in word_ngrams(packed("Not good, at"), 3).fingerprints]
    assert found == ["0xddf7a732", "0x580dfcc5", "0xb6cdaf94", "0xa60d3857", "0x194590c9", "0x9243c2bb"]


def test_no_ngram_reaches_into_the_next_text() -> None:
    texts = ["very good", "shop", "", "never again"]
    found = word_ngrams(packed(*texts), 3)
    apart = [word_ngrams(packed(text), 3).fingerprints for text in texts]
    assert sorted(found.fingerprints) == sorted(np.concatenate(apart))
    assert np.bincount(found.text).tolist() == [3, 1, 0, 3]


def read(model: LinearModel, *texts: str) -> NDArray[np.float64]:
    return model.forward(packed(*texts)).logits


def test_logits_are_weighted_sums_over_the_root_of_squared_weights(linear: LinearModel) -> None:
    text = "good, very good! unheard of"
    known = [f for f in word_ngrams(packed(text), 3).fingerprints if f in linear.fingerprints]
    indices = [int(np.flatnonzero(linear.fingerprints == f)[0]) for f in known]
    assert len(indices) == 5  # good, very, good, !, very good
    norm = np.sqrt(sum(float(linear.idf[index]) ** 2 for index in indices))
    expected = linear.bias + sum(linear.contributions[index] for index in indices) / norm
    np.testing.assert_allclose(read(linear, text)[0], expected, rtol=1e-5)


def test_what_is_not_known_says_nothing(linear: LinearModel) -> None:
    np.testing.assert_array_equal(read(linear, "", "unheard of", "goo"), [linear.bias] * 3)


def test_a_space_after_a_word_changes_nothing(linear: LinearModel) -> None:
    one, other = read(linear, "very good", "very good ")
    np.testing.assert_array_equal(one, other)


def test_ngrams_speak_through_their_characters(linear: LinearModel) -> None:
    texts = ["so very good", "never again"]
    batch = packed(*texts)
    output = linear.forward(batch)
    contributions = ngram_contributions(output, len(batch.symbols))
    for text, first, logits in zip(texts, batch.starts * STRIDE, output.logits, strict=True):
        said = contributions[first : first + len(text)]
        assert said.sum() == pytest.approx(float((logits - linear.bias) @ STAR_VALENCE))
    np.testing.assert_allclose(contributions[:3], 0, atol=1e-12)  # "so " is not known
    assert np.ptp(contributions[3:7]) == pytest.approx(0, abs=1e-9)  # "very" throughout


def test_a_file_is_read_as_it_was_written(linear: LinearModel, tmp_path: Path) -> None:
    config = save_linear(linear, tmp_path)
    assert config == LinearConfig(max_ngram=3, entries=len(linear.fingerprints))
    again = load_linear(tmp_path, config)
    for name in ("fingerprints", "idf", "contributions", "bias"):
        np.testing.assert_array_equal(getattr(again, name), getattr(linear, name))


def test_fingerprints_out_of_order_are_refused(linear: LinearModel, tmp_path: Path) -> None:
    config = save_linear(replace(linear, fingerprints=linear.fingerprints[::-1].copy()), tmp_path)
    with pytest.raises(ArtefactError, match="does not fit"):
        load_linear(tmp_path, config)
