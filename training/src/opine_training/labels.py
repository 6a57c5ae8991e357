"""Labelled reviews of a database as `dataset` has written them: in order of time, the newest held out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pyarrow import parquet

from opine_training.curation import OPEN_SOURCE
from opine_training.reviews import DataError, Row, text_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

MANIFEST = "manifest.json"
_COLUMNS = ["text", "rating", "split", "source", "suggested_stars", "written_on"]


@dataclass(frozen=True, slots=True)
class Labels:
    """N reviews in order of time."""

    texts: list[str]
    stars: NDArray[np.int64]
    """0-4, as their authors chose, shape (N,)."""
    proposed: NDArray[np.int64]
    """0-4 as a model had proposed, -1 where none had, shape (N,)."""
    sources: list[str]
    days: list[date]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def written_here(self) -> NDArray[np.bool_]:
        """Where a model's proposal stood beside the text, or might have; shape (N,)."""
        return np.array([source == OPEN_SOURCE for source in self.sources], np.bool_)

    @property
    def corrections(self) -> int:
        """Reviews whose authors chose other stars than were proposed."""
        return int(((self.proposed >= 0) & (self.proposed != self.stars)).sum())

    def rows(self) -> list[Row]:
        """The same for a corpus."""
        columns = zip(self.texts, self.stars.tolist(), self.sources, strict=True)
        return [Row(text, stars + 1, "train", source, text_digest(text)) for text, stars, source in columns]


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """A folder of `dataset`."""

    manifest: dict[str, Any]
    learned: Labels
    held_out: Labels

    @property
    def fingerprint(self) -> str:
        return str(self.manifest["fingerprint"])


def read_labelled(folder: Path) -> LabelledDataset:
    """Read all of a dataset: some hundred bytes a review.

    Raises:
        DataError: the folder holds none.
    """
    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder} holds no dataset ({MANIFEST} is missing); make one with `dataset`") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{file}: damaged ({error}); make it again with `dataset`") from error
    # By month, and within a month by time: the order of the names is that of the reviews.
    tables = [parquet.read_table(each, columns=_COLUMNS) for each in sorted(folder.glob("reviews-*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    return LabelledDataset(
        manifest,
        _labels([row for row in rows if row["split"] == "train"]),
        _labels([row for row in rows if row["split"] == "val"]),
    )


def _labels(rows: Sequence[dict[str, Any]]) -> Labels:
    return Labels(
        [row["text"] for row in rows],
        np.array([row["rating"] - 1 for row in rows], np.int64),
        np.array([(row["suggested_stars"] or 0) - 1 for row in rows], np.int64),
        [row["source"] for row in rows],
        [row["written_on"] for row in rows],
    )
