from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import LABEL_OF_STAR

from opine_training.calibration import fit_uniform_prior
from opine_training.evaluation.baselines.fasttext import fasttext
from opine_training.evaluation.baselines.tfidf import word_character_tfidf, word_tfidf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opine_training.data.rows import Row
    from opine_training.evaluation.baselines.reader import BaselineReader

logger = logging.getLogger(__name__)


def trained_baselines(train: Sequence[Row], balanced: Sequence[Row]) -> Iterator[BaselineReader]:
    """Each baseline, trained on rows, its uniform prior fitted on others.

    Args:
        train: the rows that the model was trained on.
        balanced: where the offsets to a uniform prior are fitted, as those of the model are.
    """
    texts, labels = [row.text for row in train], _labels(train)
    for make in (word_tfidf, word_character_tfidf, fasttext):
        logger.info("training %s on %d rows", make.__name__, len(train))
        reader = make(texts, labels)
        if balanced:
            found = reader.read([row.text for row in balanced]).probabilities
            reader.uniform_prior_offsets = fit_uniform_prior(found, _labels(balanced))
        yield reader


def _labels(rows: Sequence[Row]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return LABEL_OF_STAR[[row.stars - 1 for row in rows]].astype(np.int64)
