"""Which rows are learned from, which judge epochs, and which are only reported.

Training rows that nearly equal a held-out text are left out: MinHash over five-letter shingles (Broder 1997), found by
banding. 64 hashes estimate the Jaccard similarity to about 0.05; 16 bands of four find a pair of similarity 0.8 with a
probability of 0.9998. A text shorter than 40 letters counts as a copy only if it is one: "very good product" is written
by many.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from opine_training.phrases import phrase_rows
from opine_training.reviews import DataError, LeftOut, normalised, review_files, text_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.config import ReadConfig, SelectionConfig
    from opine_training.reviews import ReviewFile, Row

_SHINGLE = 5
_HASHES, _BANDS = 64, 16
_SHORTEST_SHINGLED = 40  # letters; one review of eight has fewer
_LONGEST = 2000
"""Letters that are looked at: enough to tell two reviews apart."""
# Fixed: other hash functions would leave other rows out, and a run that goes on would see other data.
_RNG = np.random.default_rng(20191011)
_FACTORS = _RNG.integers(1, 1 << 63, _HASHES, dtype=np.uint64) | np.uint64(1)  # the product wraps: multiply-shift
_OFFSETS = _RNG.integers(0, 1 << 63, _HASHES, dtype=np.uint64)
_MIX = _RNG.integers(1, 1 << 63, _HASHES // _BANDS, dtype=np.uint64) | np.uint64(1)
_PARTS_OF_TRAINING = 1000  # shares are kept to a tenth of a per cent
# A polynomial hash of five letters; its factor is FNV's prime. Python's own hash differs from process to process.
_POWERS = np.array([0x01000193**power % (1 << 32) for power in range(_SHINGLE)], np.uint64)


def signature(text: str) -> NDArray[np.uint32] | None:
    """The least hash of a text's shingles under each of 64 hash functions, or None of a text that is too short."""
    letters = np.frombuffer(normalised(text)[:_LONGEST].encode(), np.uint8)
    if len(letters) < _SHORTEST_SHINGLED:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(letters, _SHINGLE).astype(np.uint64)
    shingles = (windows @ _POWERS) & np.uint64(0xFFFFFFFF)
    hashed = (shingles[:, np.newaxis] * _FACTORS + _OFFSETS) >> np.uint64(32)
    least: NDArray[np.uint32] = hashed.min(axis=0).astype(np.uint32)
    return least


class NearDuplicates:
    """An index of held-out texts: 400 bytes a text of 40 letters and more, 8 of a shorter one."""

    def __init__(self, texts: Iterable[tuple[int, str]], similarity: float) -> None:
        """Takes pairs of digest and text, which are not kept."""
        self._similarity = similarity
        # Flat buffers while texts come, since their number is not known before.
        digests = array("Q")
        signatures = bytearray()
        for digest, text in texts:
            digests.append(digest)
            hashes = signature(text)
            if hashes is not None:
                signatures += hashes.tobytes()
        # Sorted, so that `has` finds one by bisection: a set of Python integers would take many times the memory.
        self._digests = np.unique(np.frombuffer(digests, np.uint64))
        self._signatures = np.frombuffer(signatures, np.uint32).reshape(-1, _HASHES)
        self._bands = [_Band(_band_keys(self._signatures, band)) for band in range(_BANDS)]

    def has(self, digest: int, text: str) -> bool:
        """Whether a text is held out, or so much like one that is that it would give it away."""
        index = np.searchsorted(self._digests, np.uint64(digest))
        if index < len(self._digests) and self._digests[index] == digest:
            return True
        hashes = signature(text) if self._similarity else None
        if hashes is None:
            return False
        # A band finds candidates; all 64 hashes judge them.
        keys = (_band_keys(hashes[np.newaxis], number)[0] for number in range(_BANDS))
        indices = np.unique(np.concatenate([band.find(key) for band, key in zip(self._bands, keys, strict=True)]))
        alike = (self._signatures[indices] == hashes).mean(axis=1)
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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset comes from and how it is read."""

    data: Path
    reading: ReadConfig
    selection: SelectionConfig
    files: list[ReviewFile] = field(init=False)

    def __post_init__(self) -> None:
        # Looked at once: finding out what a file's ratings mean reads all of it. The class is frozen, hence the detour.
        object.__setattr__(self, "files", review_files(self.data, self.reading))


def learned_rows(source: Source, left_out: LeftOut) -> Iterator[tuple[str, Row]]:
    """The training, tuning and validation rows in the order of the files, each with the part that it belongs to.

    Raises:
        DataError: a file is unusable, or its ratings are no stars.
    """
    # All are looked at before the first is read: a refusal should not come after minutes.
    learned = [file for file in source.files if not file.benchmark]
    for file in learned:
        if file.scheme == "two":
            raise DataError(
                f"{file.path}: ratings of 0 and 1 teach no stars; leave it out or say otherwise by --labels"
            )
    training_rows: Counter[str] = Counter()
    held_out = NearDuplicates(_held_out(source, training_rows), source.selection.near_duplicates)
    for row in (row for file in learned for row in file.rows(left_out)):
        if row.split == "val":
            yield "validation", row
        elif row.split == "train":
            # Without the row's number: nothing is wrong with the row.
            if reason := _reason_left_out(row, source.selection, training_rows, held_out):
                left_out.add(row.source, reason)
            else:
                yield "tuning" if is_tuning(row.digest, source.selection.tuning_share) else "train", row
    for row in phrase_rows(source.selection.phrases):
        if not held_out.has(text_digest(row.text), row.text):
            yield "train", row


def is_tuning(digest: int, share: float) -> bool:
    """Whether a training row is kept aside for early stopping and calibration, by bits that no split looks at."""
    return _within(digest >> 8, share)


def is_chosen(digest: int, share: float) -> bool:
    """Whether a training row is in a share of them, by yet other bits."""
    return _within(digest >> 16, share)


def _within(bits: int, share: float) -> bool:
    return bits % _PARTS_OF_TRAINING < round(_PARTS_OF_TRAINING * share)


def tuning_digests(source: Source) -> frozenset[int]:
    """Digests of the rows that a run with this selection keeps aside for early stopping and calibration.

    Raises:
        DataError: a file is unusable.
    """
    return frozenset(row.digest for part, row in learned_rows(source, LeftOut()) if part == "tuning")


def training_rows(source: Source) -> tuple[list[Row], str]:
    """The rows that a run learns from, tuning rows left aside, and the fingerprint that it would have."""
    rows: list[Row] = []
    hashed = hashlib.sha256()
    for part, row in learned_rows(source, LeftOut()):
        if part != "validation":
            hashed.update(fingerprinted(row))
        if part == "train":
            rows.append(row)
    return rows, hashed.hexdigest()


def fingerprinted(row: Row) -> bytes:
    """What of a row goes into the fingerprint of the data."""
    return f"{row.digest:016x}{row.stars}".encode()


def _reason_left_out(
    row: Row, selection: SelectionConfig, training_rows: Mapping[str, int], held_out: NearDuplicates
) -> str | None:
    """Why a training row is left out, if it is. The dearest question comes last: it takes a signature."""
    cap = selection.cap.get(row.source)
    # By hash, not by order: the same rows are within the cap however the files are sorted, and about `cap` of them.
    if cap is not None and row.digest % training_rows[row.source] >= cap:
        return "over its cap"
    if not is_chosen(row.digest, selection.share):
        return "not in the share"
    return "nearly a held-out text" if held_out.has(row.digest, row.text) else None


def _held_out(source: Source, training_rows: Counter[str]) -> Iterator[tuple[int, str]]:
    """Validation, test and benchmark texts; training rows are counted on the way."""
    for file in source.files:
        for row in file.rows(LeftOut()):
            if file.benchmark or row.split != "train":
                yield row.digest, row.text
            else:
                training_rows[row.source] += 1
