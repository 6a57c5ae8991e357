"""Which texts are nearly one that is held out: MinHash over five-letter shingles (Broder 1997), found by banding.

64 hashes estimate the Jaccard similarity to about 0.05; 16 bands of four find a pair of similarity 0.8 with a
probability of 0.9998. A text shorter than 40 letters counts as a copy only if it is one: "very good product" is written
by many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from opine_training.data.digest import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SHINGLE = 5
_HASHES, _BANDS = 64, 16
_SHORTEST = 40
_LONGEST = 2000
"""Letters that are looked at: enough to tell two reviews apart."""
_RNG = np.random.default_rng(20191011)
_FACTORS = _RNG.integers(1, 1 << 63, _HASHES, dtype=np.uint64) | np.uint64(1)  # the product wraps: multiply-shift
_ADDENDS = _RNG.integers(0, 1 << 63, _HASHES, dtype=np.uint64)
_MIX = _RNG.integers(1, 1 << 63, _HASHES // _BANDS, dtype=np.uint64) | np.uint64(1)
_POWERS = np.array([0x01000193**power % (1 << 32) for power in range(_SHINGLE)], np.uint64)


def signature(text: str) -> NDArray[np.uint32] | None:
    """The least hash of a text's shingles under each of 64 hash functions, or None of a text that is too short."""
    letters = np.frombuffer(normalised(text)[:_LONGEST].encode(), np.uint8)
    if len(letters) < _SHORTEST:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(letters, _SHINGLE).astype(np.uint64)
    shingles = (windows @ _POWERS) & np.uint64(0xFFFFFFFF)
    hashed = (shingles[:, np.newaxis] * _FACTORS + _ADDENDS) >> np.uint64(32)
    least: NDArray[np.uint32] = hashed.min(axis=0).astype(np.uint32)
    return least


class NearDuplicates:
    """An index of held-out texts: 384 bytes a text of 40 letters and more, 8 of a shorter one."""

    def __init__(self, texts: Iterable[tuple[int, str]], similarity: float) -> None:
        """Takes pairs of digest and text, which are not kept."""
        self._similarity = similarity
        digests: list[int] = []
        signatures: list[NDArray[np.uint32]] = []
        for digest, text in texts:
            digests.append(digest)
            hashes = signature(text)
            if hashes is not None:
                signatures.append(hashes)
        self._digests = np.unique(np.array(digests, np.uint64))
        self._signatures = np.array(signatures, np.uint32).reshape(-1, _HASHES)
        bands = _band_keys(self._signatures)
        self._order = np.argsort(bands, axis=0, kind="stable").astype(np.uint32)
        self._keys = np.take_along_axis(bands, self._order, axis=0)

    def has(self, digest: int, text: str) -> bool:
        """Whether a text is held out, or so much like one that is that it would give it away."""
        place = np.searchsorted(self._digests, np.uint64(digest))
        if place < len(self._digests) and self._digests[place] == digest:
            return True
        hashes = signature(text) if self._similarity else None
        if hashes is None:
            return False
        candidates = self._candidates(_band_keys(hashes[np.newaxis])[0])
        alike = (self._signatures[candidates] == hashes).mean(axis=1)
        return bool((alike >= self._similarity).any())

    def _candidates(self, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
        found = [
            self._order[np.searchsorted(column, key, "left") : np.searchsorted(column, key, "right"), band]
            for band, (column, key) in enumerate(zip(self._keys.T, keys, strict=True))
        ]
        return np.unique(np.concatenate(found))


def _band_keys(signatures: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """One key of each band's hashes, shape (N, 16)."""
    bands = signatures.reshape(len(signatures), _BANDS, _HASHES // _BANDS).astype(np.uint64)
    keys: NDArray[np.uint32] = ((bands * _MIX).sum(axis=2) >> np.uint64(32)).astype(np.uint32)
    return keys
