"""The linear part: what it counts, what it learns, and how loud it speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from charcnn.features import pack
from charcnn.linear import word_ngrams
from charcnn.text import encode
from opine_training.config import LinearPartConfig
from opine_training.corpus import write_corpus
from opine_training.linear import (
    best_share,
    design_matrix,
    fit_linear,
    frequent_ngrams,
    inverse_document_frequencies,
    linear_logits,
    scaled,
)
from opine_training.reviews import Row, text_digest

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.corpus import Corpus

CONFIG = LinearPartConfig(entries=1000, least_texts=2, passes=20, alpha=1e-4)
TEXTS = ["not good", "very good", "very good, very kind", "not good at all", "kind"]


def corpus(folder: Path, texts: list[str], stars: list[int]) -> Corpus:
    rows = [
        Row(text=text, stars=star + 1, source="made up", split="train", digest=text_digest(text))
        for text, star in zip(texts, stars, strict=True)
    ]
    return write_corpus(folder / "corpus", rows, lambda text: encode(text).symbols)


def fingerprint(text: str) -> int:
    return int(word_ngrams(pack([encode(text).symbols], stride=1, gap=0), 9).fingerprints[-1])


def test_ngrams_count_once_a_text(tmp_path: Path) -> None:
    found = frequent_ngrams(corpus(tmp_path, TEXTS, [0] * 5), CONFIG)
    counts = dict(zip(found.fingerprints.tolist(), found.texts.tolist(), strict=True))
    expected = {"good": 4, "very": 2, "very good": 2, "not": 2, "not good": 2, "kind": 2}
    assert counts == {fingerprint(text): count for text, count in expected.items()}
    assert found.fingerprints.tolist() == sorted(counts)


def test_the_most_frequent_are_known(tmp_path: Path) -> None:
    found = frequent_ngrams(corpus(tmp_path, TEXTS, [0] * 5), replace(CONFIG, entries=1))
    assert found.fingerprints.tolist() == [fingerprint("good")]


def test_the_rarest_are_forgotten_where_there_are_too_many(tmp_path: Path) -> None:
    texts = [f"good a{number} b{number}" for number in range(5000)]  # the second part finds the table too full
    found = frequent_ngrams(corpus(tmp_path, texts, [0] * 5000), replace(CONFIG, least_texts=1), most_counted=100)
    assert fingerprint("good") in found.fingerprints
    assert len(found.fingerprints) < 5000


def test_the_matrix_is_what_the_model_computes_with(tmp_path: Path) -> None:
    texts = corpus(tmp_path, [*TEXTS, "unheard of"], [0, 4, 4, 0, 4, 2])
    model = fit_linear(texts, CONFIG, class_balance=0.5, seed=1)
    assert model is not None
    design = design_matrix(texts, model.max_ngram, model.fingerprints, model.idf, tmp_path)
    coefficients = model.contributions / model.idf[:, np.newaxis]
    np.testing.assert_allclose(design @ coefficients + model.bias, linear_logits(model, texts), atol=1e-5)
    assert design[5].nnz == 0


def test_phrases_are_learned(tmp_path: Path) -> None:
    bad, good = ["not good", "never kind", "not kind at all"] * 20, ["good", "kind", "very kind and good"] * 20
    texts = corpus(tmp_path, bad + good, [0] * 60 + [4] * 60)
    model = fit_linear(texts, CONFIG, class_balance=0, seed=1)
    assert model is not None
    right = linear_logits(model, texts).argmax(axis=1) == texts.stars
    assert right.all()
    words = fit_linear(texts, replace(CONFIG, words=1), class_balance=0, seed=1)
    assert words is not None
    assert words.fingerprints.shape < model.fingerprints.shape


def test_a_fit_is_the_same_again(tmp_path: Path) -> None:
    texts = corpus(tmp_path, TEXTS, [0, 4, 4, 0, 4])
    one, other = (fit_linear(texts, CONFIG, class_balance=0.5, seed=seed) for seed in (1, 1))
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.contributions, other.contributions)


def test_nothing_frequent_is_no_linear_part(tmp_path: Path) -> None:
    assert fit_linear(corpus(tmp_path, ["one", "two"], [0, 4]), CONFIG, class_balance=0.5, seed=1) is None


def test_frequent_ngrams_weigh_least(tmp_path: Path) -> None:
    found = frequent_ngrams(corpus(tmp_path, TEXTS, [0] * 5), CONFIG)
    weights = inverse_document_frequencies(found, 5)
    assert found.fingerprints[weights.argmin()] == fingerprint("good")
    assert weights.min() == pytest.approx(1 + np.log(5 / 4))


def test_the_share_is_what_helps() -> None:
    rng = np.random.default_rng(0)
    stars = rng.integers(0, 5, 2000)
    truth = 2 * np.eye(5)[stars]
    network, linear = ((truth + rng.normal(0, 1.5, truth.shape)).astype(np.float32) for _ in range(2))
    assert 0.5 < best_share(network, linear, stars) < 1.5
    assert best_share(network, rng.permutation(linear), stars) < 0.1


def test_a_share_scales_all_that_is_said(tmp_path: Path) -> None:
    texts = corpus(tmp_path, TEXTS, [0, 4, 4, 0, 4])
    model = fit_linear(texts, CONFIG, class_balance=0.5, seed=1)
    assert model is not None
    np.testing.assert_allclose(linear_logits(scaled(model, 0.5), texts), linear_logits(model, texts) / 2, atol=1e-6)
