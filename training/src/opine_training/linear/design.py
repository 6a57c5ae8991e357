"""Training rows as a sparse matrix on disk: what a fit holds in memory does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.linear import known_ngrams
from scipy.sparse import csr_matrix

from opine_training.linear.texts import packed_texts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus

_COLUMNS = {"columns": np.int32, "values": np.float32}


def design_matrix(
    corpus: Corpus, words: int, fingerprints: NDArray[np.uint32], weights: NDArray[np.float32], folder: Path
) -> csr_matrix:
    """Weights of each text's known n-grams over the root of their squared sum, shape (N, E), memory-mapped.

    Args:
        corpus: the texts.
        words: of the longest n-gram.
        fingerprints: of the known n-grams, shape (E,), ascending.
        weights: theirs, shape (E,).
        folder: for its files.
    """
    counts = []
    files = {name: (folder / f"{name}.bin").open("wb") for name in _COLUMNS}
    try:
        for packed in packed_texts(corpus):
            known = known_ngrams(packed, words, fingerprints, weights)
            # An n-gram that stands in a text twice brings its weight twice.
            shares = weights[known.indices] / known.norms
            part = csr_matrix((shares, (known.ngrams.text, known.indices)), (len(packed.starts), len(fingerprints)))
            files["columns"].write(part.indices.astype(np.int32).tobytes())
            files["values"].write(part.data.astype(np.float32).tobytes())
            counts.append(np.diff(part.indptr))
    finally:
        for file in files.values():
            file.close()
    ends = np.cumsum(np.concatenate([[0], *counts]), dtype=np.int64)
    columns, values = (
        np.memmap(folder / f"{name}.bin", kind, mode="r") if ends[-1] else np.zeros(0, kind)
        for name, kind in _COLUMNS.items()
    )
    return csr_matrix((values, columns, ends), shape=(len(corpus), len(fingerprints)), copy=False)
