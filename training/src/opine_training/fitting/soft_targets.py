"""A teacher's opinion of texts and of pieces of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Opinion:
    begin: int
    end: int | None
    """Symbols `begin:end` of the text were read; None: to its end."""
    logits: NDArray[np.float32]


class SoftTargets:
    """M opinions: `digests` (M,) of whole texts, `logits` (M, K), and for pieces `begins` and `ends` (M,).

    A digest is `opine_training.data.digest.text_digest` of the whole text, places are in symbols of `charcnn.text`, and
    an end of 0 means the whole text. A file is a NumPy .npz of these arrays; without `begins` and `ends` all are whole.
    """

    def __init__(
        self,
        digests: NDArray[np.uint64],
        logits: NDArray[np.float32],
        begins: NDArray[np.int64] | None = None,
        ends: NDArray[np.int64] | None = None,
    ) -> None:
        none = np.zeros(len(digests), np.int64)
        self._ends = none if ends is None else ends
        begins = none if begins is None else begins
        order = np.lexsort((self._ends > 0, digests))  # of each text, the whole comes first
        self._digests, self._logits = digests[order], logits[order].astype(np.float32)
        self._begins, self._ends = begins[order], self._ends[order]

    @classmethod
    def load(cls, file: Path) -> SoftTargets:
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    @property
    def classes(self) -> int:
        return int(self._logits.shape[1])

    def choose(self, digest: int, piece_share: float, rng: np.random.Generator) -> Opinion | None:
        """What to read of a text and what to think of it: a piece in `piece_share` of the cases, where there is one."""
        first, last = (int(np.searchsorted(self._digests, np.uint64(digest), side)) for side in ("left", "right"))
        if first == last:
            return None
        pieces = first + int((self._ends[first:last] == 0).sum())
        wants_piece = rng.random() < piece_share
        begin, end = (pieces, last) if pieces < last and (wants_piece or pieces == first) else (first, pieces)
        chosen = int(rng.integers(begin, end))
        return Opinion(int(self._begins[chosen]), int(self._ends[chosen]) or None, self._logits[chosen])
