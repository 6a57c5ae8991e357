"""Which rows of a file are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_training.data.rows import LeftOut, ReviewFile, Row

SplitChoice = Literal["auto", "train", "tuning", "val", "test", "all"]

RULE = (
    "auto: every row of a benchmark (bench_*) and of a file without a split column; of any other file its val rows, "
    "its test rows where it has no val rows, and nothing where all are train rows"
)


def scored_rows(
    file: ReviewFile, choice: SplitChoice, left_out: LeftOut, tuning: frozenset[int] = frozenset()
) -> tuple[str, list[Row]]:
    """The rows to score, and the name of the split that they are.

    Args:
        file: a file of reviews.
        choice: `auto` follows `RULE`.
        left_out: gets what cannot be read.
        tuning: hashes of the training rows that a run kept aside, for the choice of that name.
    """
    rows = list(file.rows(left_out))
    if choice == "all" or (choice == "auto" and (file.benchmark or not file.has_split)):
        return "all", rows
    if choice == "tuning":
        return "tuning", [row for row in rows if row.split == "train" and row.digest in tuning]
    if choice != "auto":
        return choice, _of(rows, choice)
    validation = _of(rows, "val")
    return ("val", validation) if validation else ("test", _of(rows, "test"))


def _of(rows: Sequence[Row], split: str) -> list[Row]:
    return [row for row in rows if row.split == split]
