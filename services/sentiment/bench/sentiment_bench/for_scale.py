"""fastText and TF-IDF with logistic regression, for scale: their speed, on weights from made-up texts."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fasttext  # type: ignore[import-untyped,import-not-found,unused-ignore]
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TEXTS = 2000
_STARS = 5


def fast_text() -> Callable[[Sequence[str]], object]:
    """Words and pairs of them, 100 dimensions."""
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        file.write_text("".join(f"__label__{rng.randint(1, _STARS)} {text}\n" for text in reviews(_TEXTS, None)))
        model = fasttext.train_supervised(str(file), wordNgrams=2, epoch=1, thread=1, verbose=0)
    return lambda texts: model.predict(list(texts))


def tf_idf() -> Callable[[Sequence[str]], object]:
    """Words and pairs of them."""
    rng = random.Random(1)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=50))
    model.fit(reviews(_TEXTS, None), [rng.randint(1, _STARS) for _ in range(_TEXTS)])
    return model.predict_proba  # type: ignore[no-any-return]
