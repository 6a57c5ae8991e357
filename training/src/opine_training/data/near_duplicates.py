"""Which texts are nearly one that is held out: MinHash over five-letter shingles (Broder 1997), found by banding.

64 hashes estimate the Jaccard similarity to about 0.05; 16 bands of four find a pair of similarity 0.8 with a
probability of 0.9998. A text shorter than 40 letters counts as a copy only if it is one: "very good product" is written
by many.
"""

from __future__ import annotations

from array import array
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
    """An index of held-out texts: 400 bytes a text of 40 letters and more, 8 of a shorter one."""

    def __init__(self, texts: Iterable[tuple[int, str]], similarity: float) -> None:
        """Takes pairs of digest and text, which are not kept."""
        self._similarity = similarity
        digests = array("Q")
        signatures = bytearray()
        for digest, text in texts:
            digests.append(digest)
            hashes = signature(text)
            if hashes is not None:
                signatures += hashes.tobytes()
        self._digests = np.unique(np.frombuffer(digests, np.uint64))
        self._signatures = np.frombuffer(signatures, np.uint32).reshape(-1, _HASHES)
        self._bands = [_Band(_band_keys(self._signatures, band)) for band in range(_BANDS)]

    def has(self, digest: int, text: str) -> bool:
        """Whether a text is held out, or so much like one that is that it would give it away."""
        place = np.searchsorted(self._digests, np.uint64(digest))
        if place < len(self._digests) and self._digests[place] == digest:
            return True
        hashes = signature(text) if self._similarity else None
        if hashes is None:
            return False
        keys = (_band_keys(hashes[np.newaxis], number)[0] for number in range(_BANDS))
        places = np.unique(np.concatenate([band.find(key) for band, key in zip(self._bands, keys, strict=True)]))
        alike = (self._signatures[places] == hashes).mean(axis=1)
        return bool((alike >= self._similarity).any())


class _Band:
    """Signatures by the key of four of their hashes."""

    def __init__(self, keys: NDArray[np.uint32]) -> None:
        self._order = np.argsort(keys, kind="stable").astype(np.uint32)
        self._keys = keys[self._order]

    def find(self, key: np.uint32) -> NDArray[np.uint32]:
        return self._order[np.searchsorted(self._keys, key, "left") : np.searchsorted(self._keys, key, "right")]


def _band_keys(signatures: NDArray[np.uint32], band: int) -> NDArray[np.uint32]:
    """One key of a band's four hashes, shape (N,)."""
    width = _HASHES // _BANDS
    mixed = signatures[:, band * width : (band + 1) * width].astype(np.uint64) @ _MIX
    keys: NDArray[np.uint32] = (mixed >> np.uint64(32)).astype(np.uint32)
    return keys
