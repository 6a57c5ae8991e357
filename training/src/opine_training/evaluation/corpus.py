"""Score a model on rows that are encoded already, by source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import LABEL_OF_STAR

from opine_training.evaluation.evaluate import Scored
from opine_training.evaluation.variants import BEGINNINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus
    from opine_training.evaluation.reading import Reader


def score_corpus(reader: Reader, corpus: Corpus, *, beginnings: bool = True) -> list[Scored]:
    """One set a source, in alphabetical order."""
    found = []
    for place in sorted(range(len(corpus.source_names)), key=lambda each: corpus.source_names[each]):
        chosen = np.flatnonzero(corpus.sources == place)
        texts = [corpus.texts[int(each)] for each in chosen]
        readings = {"whole": reader.read(texts)}
        for name, change in BEGINNINGS.items() if beginnings else ():
            readings[name] = reader.read([change(text) for text in texts])
        stars = corpus.stars[chosen].astype(np.int64)
        found.append(Scored(corpus.source_names[place], "val", False, "stars", texts, stars, readings))
    return found


def labels_of(corpus: Corpus) -> NDArray[np.int64]:
    """0 bad, 1 average, 2 good."""
    labels: NDArray[np.int64] = LABEL_OF_STAR[corpus.stars].astype(np.int64)
    return labels
