"""The reference a character model must beat: word TF-IDF with logistic regression, on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charcnn.calibration import LABEL_OF_STAR
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from opine_training.metrics import macro_f1

if TYPE_CHECKING:
    from opine_training.corpus import Corpus


def word_tfidf_scores(train: Corpus, validation: Corpus) -> dict[str, float]:
    """Three-class accuracy and macro-F1 on the validation rows, classes balanced in training."""
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=3, max_features=300_000, sublinear_tf=True),
        LogisticRegression(C=5.0, class_weight="balanced", max_iter=1000),
    )
    pipeline.fit(train.texts, LABEL_OF_STAR[train.stars])
    predicted = pipeline.predict(validation.texts)
    truth = LABEL_OF_STAR[validation.stars]
    return {"accuracy": round(float((predicted == truth).mean()), 4), "macro_f1": round(macro_f1(truth, predicted), 4)}
