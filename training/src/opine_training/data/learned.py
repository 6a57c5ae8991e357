"""Which rows are learned from, which judge epochs, and which are only reported."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opine_training.data.digest import is_chosen, is_tuning
from opine_training.data.errors import DataError
from opine_training.data.files import review_files
from opine_training.data.near_duplicates import NearDuplicates
from opine_training.data.rows import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from opine_training.config.reading import ReadConfig
    from opine_training.config.selection import SelectionConfig
    from opine_training.data.rows import ReviewFile, Row


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset comes from and how it is read."""

    data: Path
    reading: ReadConfig
    selection: SelectionConfig
    files: list[ReviewFile] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", review_files(self.data, self.reading))


def learned_rows(source: Source, left_out: LeftOut) -> Iterator[tuple[str, Row]]:
    """The training, tuning and validation rows in the order of the files, each with the part that it belongs to.

    Raises:
        DataError: a file is unusable, or its ratings are no stars.
    """
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
            if reason := _objection(row, source.selection, training_rows, held_out):
                left_out.add(row.source, reason)
            else:
                yield "tuning" if is_tuning(row.digest, source.selection.tuning_share) else "train", row


def tuning_digests(source: Source) -> frozenset[int]:
    """Hashes of the rows that a run with this selection keeps aside for early stopping and calibration."""
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


def _objection(
    row: Row, selection: SelectionConfig, training_rows: Mapping[str, int], held_out: NearDuplicates
) -> str | None:
    """Why a training row is left out, if it is."""
    cap = selection.cap.get(row.source)
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
