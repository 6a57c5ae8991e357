"""fastText (Joulin et al. 2017), classes balanced after training: it knows no class weights."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fasttext as library
import numpy as np

from opine_training.evaluation.baselines.reader import BaselineReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TOKEN = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
_PREFIX = "__label__"


def fasttext(texts: Sequence[str], labels: NDArray[np.integer]) -> BaselineReader:
    """Words and pairs of words, in its usual settings for sentiment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        with file.open("w", encoding="utf-8", errors="replace") as handle:
            handle.writelines(
                f"{_PREFIX}{label} {_tokens(text)}\n" for text, label in zip(texts, labels.tolist(), strict=True)
            )
        model = library.train_supervised(
            input=str(file), lr=0.25, epoch=5, wordNgrams=2, dim=50, bucket=1_000_000, minCount=2, thread=1, verbose=0
        )
    prior = np.bincount(labels, minlength=3) / len(labels)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        found = np.zeros((len(texts), 3))
        for row, (names, values) in enumerate(zip(*model.predict([_tokens(text) for text in texts], k=3), strict=True)):
            for name, value in zip(names, values, strict=True):
                found[row, int(name.removeprefix(_PREFIX))] = value
        balanced = found / np.maximum(prior, 1e-9)
        total: NDArray[np.float64] = balanced / np.maximum(balanced.sum(axis=1, keepdims=True), 1e-12)
        return total

    return BaselineReader("fasttext", probabilities)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(text.lower()))
