"""Training, tuning and validation rows of a data folder."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opine_training.corpus import Columns, Corpus, CorpusError, Rejected, Row, build_corpus, read_rows, review_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)
_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Dataset:
    train: Corpus
    tuning: Corpus
    """Part of the training rows: judges epochs and fits the calibration."""
    validation: Corpus
    """Never learned from, only reported."""
    fingerprint: str
    """SHA-256 over the hashes and ratings of all rows that were learned from, in order."""


def read_dataset(data: Path, columns: Columns, caps: Mapping[str, int], tuning_share: float) -> Dataset:
    """Read a file or a folder.

    Args:
        data: a CSV file or a folder of them; `bench_*` files are never learned from.
        columns: names of the columns.
        caps: most training rows of a file, by its name without endings.
        tuning_share: share of the training rows kept aside, chosen by text hash.

    Raises:
        CorpusError: nothing to learn from, or a file is unusable.
    """
    rejected = Rejected()
    learned: list[Row] = []
    validation: list[Row] = []
    for file in review_files(data, columns):
        rows = list(read_rows(file, columns, rejected))
        learned += _capped([row for row in rows if row.split == "train"], caps)
        validation += [row for row in rows if row.split == "val"]
    for line in rejected.lines():
        logger.warning(line)
    cut = round(_PARTS * tuning_share)
    tuning = [row for row in learned if (row.digest >> 8) % _PARTS < cut]
    train = [row for row in learned if (row.digest >> 8) % _PARTS >= cut]
    for name, part in (("training", train), ("tuning", tuning), ("validation", validation)):
        if not part:
            raise CorpusError(f"{data}: no {name} rows; a few thousand reviews are the least that makes sense")
    return Dataset(build_corpus(train), build_corpus(tuning), build_corpus(validation), _fingerprint(learned))


def _capped(rows: Sequence[Row], caps: Mapping[str, int]) -> list[Row]:
    cap = caps.get(rows[0].source) if rows else None
    if cap is None:
        return list(rows)
    return [row for row in rows if row.digest % len(rows) < cap]


def _fingerprint(rows: Sequence[Row]) -> str:
    hashed = hashlib.sha256()
    for row in rows:
        hashed.update(f"{row.digest:016x}{row.rating}".encode())
    return hashed.hexdigest()
