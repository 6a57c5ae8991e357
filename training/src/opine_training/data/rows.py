"""The rows of a review file, one at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opine_training.data.digest import split_of, text_digest
from opine_training.data.errors import DataError
from opine_training.data.labels import EXPECTED, RATINGS, Scheme, scheme_of
from opine_training.data.tables.table import columns_of, fields_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opine_training.config.reading import ReadConfig

MAX_BAD_SHARE = 0.05
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    stars: int
    """1-5."""
    split: str
    source: str
    digest: int
    """64 bits of the normalised text's hash: the same text has the same one wherever it stands."""


@dataclass(slots=True)
class LeftOut:
    """Rows that were not used, by source and reason, with the numbers of the first few."""

    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, source: str, reason: str, row: int | None = None) -> None:
        self.reasons[source, reason] += 1
        named = self.first.setdefault((source, reason), [])
        if row is not None and len(named) < _NAMED:
            named.append(row)

    def lines(self) -> list[str]:
        return [self._line(*key, count) for key, count in sorted(self.reasons.items())]

    def _line(self, source: str, reason: str, count: int) -> str:
        named = self.first[source, reason]
        rows = f" (row {', '.join(map(str, named))}{' ...' if count > len(named) else ''})" if named else ""
        return f"{source}: {count} rows left out: {reason}{rows}"


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A file whose columns were found and whose ratings are understood."""

    path: Path
    scheme: Scheme
    has_split: bool
    config: ReadConfig

    @property
    def name(self) -> str:
        return source_of(self.path)

    @property
    def benchmark(self) -> bool:
        """Files named `bench_*` are never learned from."""
        return self.path.name.startswith("bench_")

    def rows(self, left_out: LeftOut) -> Iterator[Row]:
        """The usable rows; the others are counted in `left_out`.

        Raises:
            DataError: the file is damaged, or more than 5 % of its rows are unusable.
        """
        columns, ratings = self.config.columns, RATINGS[self.scheme]
        seen = bad = 0
        for fields in fields_of(self.path, self.config):
            seen += 1
            text = (fields.get(columns.text) or "").strip()
            stars = ratings.get((fields.get(columns.rating) or "").strip())
            if not text or stars is None:
                bad += 1
                left_out.add(self.name, "rating not " + EXPECTED[self.scheme] if text else "empty text", seen)
                continue
            digest = text_digest(text)
            split = (fields.get(columns.split) or "").strip() or split_of(digest)
            source = (fields.get(columns.source) or self.name) if columns.source else self.name
            yield Row(text, stars, "val" if split == "dev" else split, source, digest)
        if bad > MAX_BAD_SHARE * seen:
            reasons = "; ".join(line for line in left_out.lines() if line.startswith(f"{self.name}: "))
            raise DataError(
                f"{self.path}: {bad} of {seen} rows are unusable ({reasons}); mend the file, name its columns with "
                "--columns.text and --columns.rating, or say what its ratings mean with --labels"
            )


def review_file(path: Path, config: ReadConfig) -> ReviewFile:
    """Look at a file: its columns, and its ratings where the scheme is to be found out.

    Raises:
        DataError: a column is missing.
    """
    found = columns_of(path, config)
    missing = {config.columns.text, config.columns.rating} - set(found)
    if missing:
        raise DataError(
            f"{path}: no column {', '.join(sorted(missing))} (columns: {', '.join(found) or 'none'}); "
            "see --columns.text and --columns.rating"
        )
    ratings = set()
    if config.labels == "auto":
        ratings = {(fields.get(config.columns.rating) or "").strip() for fields in fields_of(path, config)}
    return ReviewFile(path, scheme_of(config.labels, ratings), config.columns.split in found, config)
