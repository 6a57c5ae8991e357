"""What the model is compared with: TF-IDF with logistic regression, and fastText; classes balanced."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fasttext as library
import numpy as np
from charcnn.prediction import LABEL_OF_STAR
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from opine_training.calibration import fit_uniform_prior
from opine_training.metrics import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from opine_training.metrics import Offsets
    from opine_training.reviews import Row

logger = logging.getLogger(__name__)


class Baseline:
    """A classifier into bad, average and good; it proposes no stars."""

    version = ""

    def __init__(self, name: str, probabilities: Callable[[Sequence[str]], NDArray[np.float64]]) -> None:
        self.name = name
        self.uniform_prior_offsets: Offsets | None = None
        self._probabilities = probabilities

    def predict(self, texts: Sequence[str]) -> Predictions:
        probabilities = self._probabilities(texts)
        return Predictions(
            probabilities,
            probabilities.argmax(axis=1),
            # One star, three and five: what a class says of the score where no stars are known.
            probabilities @ np.array([0, 0.5, 1]),
            None,
            self.uniform_prior_offsets,
        )


def word_tfidf(texts: Sequence[str], labels: NDArray[np.integer]) -> Baseline:
    """Words and pairs of words."""
    classifier = LogisticRegression(C=5.0, class_weight="balanced", max_iter=1000)
    return _fitted("word_tfidf", make_pipeline(_words(), classifier), texts, labels)


def word_character_tfidf(texts: Sequence[str], labels: NDArray[np.integer]) -> Baseline:
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


def _fitted(name: str, pipeline: Pipeline, texts: Sequence[str], labels: NDArray[np.integer]) -> Baseline:
    pipeline.fit(texts, labels)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        # A class that no training row has is unknown to the pipeline, and stays at 0.
        found = np.zeros((len(texts), 3))
        found[:, pipeline.classes_] = pipeline.predict_proba(texts)
        return found

    return Baseline(name, probabilities)


_TOKEN = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
_LABEL_PREFIX = "__label__"


def fasttext(texts: Sequence[str], labels: NDArray[np.integer]) -> Baseline:
    """Words and pairs of words, in its usual settings for sentiment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        # Texts from the web hold lone surrogates, which no UTF-8 file can.
        with file.open("w", encoding="utf-8", errors="replace") as handle:
            handle.writelines(
                f"{_LABEL_PREFIX}{label} {_tokens(text)}\n" for text, label in zip(texts, labels.tolist(), strict=True)
            )
        # One thread: with more, updates race and every run would give other figures.
        model = library.train_supervised(
            input=str(file), lr=0.25, epoch=5, wordNgrams=2, dim=50, bucket=1_000_000, minCount=2, thread=1, verbose=0
        )
    # fastText cannot weigh classes: dividing by their frequency balances its probabilities afterwards.
    prior = np.bincount(labels, minlength=3) / len(labels)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        found = np.zeros((len(texts), 3))
        for row, (names, values) in enumerate(zip(*model.predict([_tokens(text) for text in texts], k=3), strict=True)):
            for name, value in zip(names, values, strict=True):
                found[row, int(name.removeprefix(_LABEL_PREFIX))] = value
        balanced = found / np.maximum(prior, 1e-9)
        total: NDArray[np.float64] = balanced / np.maximum(balanced.sum(axis=1, keepdims=True), 1e-12)
        return total

    return Baseline("fasttext", probabilities)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(text.lower()))


def trained_baselines(train: Sequence[Row], balanced: Sequence[Row]) -> Iterator[Baseline]:
    """Each baseline, trained on rows, its uniform prior fitted on others.

    Args:
        train: the rows that the model was trained on.
        balanced: where the offsets to a uniform prior are fitted, as those of the model are.
    """
    texts, labels = [row.text for row in train], _labels(train)
    for make in (word_tfidf, word_character_tfidf, fasttext):
        logger.info("training %s on %d rows", make.__name__, len(train))
        model = make(texts, labels)
        if balanced:
            found = model.predict([row.text for row in balanced]).probabilities
            model.uniform_prior_offsets = fit_uniform_prior(found, _labels(balanced))
        yield model


def _labels(rows: Sequence[Row]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return LABEL_OF_STAR[[row.stars - 1 for row in rows]].astype(np.int64)
