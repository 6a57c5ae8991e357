"""TF-IDF with logistic regression, classes balanced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from opine_training.evaluation.baselines.reader import BaselineReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def word_tfidf(texts: Sequence[str], labels: NDArray[np.integer]) -> BaselineReader:
    """Words and pairs of words."""
    classifier = LogisticRegression(C=5.0, class_weight="balanced", max_iter=1000)
    return _fitted("word_tfidf", make_pipeline(_words(), classifier), texts, labels)


def word_character_tfidf(texts: Sequence[str], labels: NDArray[np.integer]) -> BaselineReader:
    """Words, pairs of words and two to five letters within words.

    By stochastic gradient: with so many features the solver of `word_tfidf` takes an hour.
    """
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=5, max_features=300_000, sublinear_tf=True)
    classifier = SGDClassifier(
        loss="log_loss", alpha=2e-6, max_iter=50, tol=1e-4, class_weight="balanced", random_state=0
    )
    pipeline = make_pipeline(make_union(_words(), letters), classifier)
    return _fitted("word_character_tfidf", pipeline, texts, labels)


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), min_df=3, max_features=300_000, sublinear_tf=True)


def _fitted(name: str, pipeline: Pipeline, texts: Sequence[str], labels: NDArray[np.integer]) -> BaselineReader:
    pipeline.fit(texts, labels)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        found = np.zeros((len(texts), 3))
        found[:, pipeline.classes_] = pipeline.predict_proba(texts)
        return found

    return BaselineReader(name, probabilities)
