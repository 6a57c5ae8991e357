"""Score a model on rows that are encoded already, by source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import LABEL_OF_STAR

from opine_training.evaluation.evaluate import Scored, read_variants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus
    from opine_training.evaluation.reading import Reader
    from opine_training.evaluation.variants import Variant


def score_corpus(reader: Reader, corpus: Corpus, variants: Mapping[str, Variant]) -> list[Scored]:
    """One set a source, in alphabetical order, read as it is and in all variants."""
    found = []
    for place in sorted(range(len(corpus.source_names)), key=lambda each: corpus.source_names[each]):
        chosen = np.flatnonzero(corpus.sources == place)
        texts = [corpus.texts[int(each)] for each in chosen]
        stars = corpus.stars[chosen].astype(np.int64)
        readings = read_variants(reader, texts, variants)
        found.append(Scored(corpus.source_names[place], "val", False, "stars", texts, stars, readings))
    return found


def labels_of(corpus: Corpus) -> NDArray[np.int64]:
    """0 bad, 1 average, 2 good."""
    labels: NDArray[np.int64] = LABEL_OF_STAR[corpus.stars].astype(np.int64)
    return labels
