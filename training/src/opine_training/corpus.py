"""Reviews as arrays: read from CSV, split by a hash of the text."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np
from charcnn.config import STARS
from charcnn.text import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
MAX_BAD_SHARE = 0.05
_RATINGS = {form: star for star in STARS for form in (f"{star}", f"{star}.0")}


class CorpusError(Exception):
    """The data cannot be trained on; the message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    text: str = "text"
    rating: str = "rating"
    split: str = "split"


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    rating: int
    split: str
    source: str
    digest: int
    """64 bits of the normalised text's hash: the same text has the same one wherever it stands."""


@dataclass(slots=True)
class Rejected:
    """Rows that were not read, by file and reason."""

    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, source: str, reason: str) -> None:
        self.reasons[source, reason] += 1

    def lines(self) -> list[str]:
        return [
            f"{source}: {count} rows left out: {reason}" for (source, reason), count in sorted(self.reasons.items())
        ]


@dataclass(frozen=True, slots=True)
class Corpus:
    """N encoded reviews in one flat array."""

    symbols: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    """Shape (N + 1,)."""
    stars: NDArray[np.int64]
    """Shape (N,): 0-4 for one to five stars."""
    sources: NDArray[np.str_]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.stars)

    def text_symbols(self, index: int) -> NDArray[np.uint8]:
        return self.symbols[self.offsets[index] : self.offsets[index + 1]]


def review_files(data: Path, columns: Columns) -> list[Path]:
    """A CSV file by itself, or those of a folder that have the columns and are no benchmark (`bench_*`)."""
    if data.is_file():
        return [data]
    files = sorted([*data.glob("*.csv"), *data.glob("*.csv.gz")])
    if not files:
        raise CorpusError(f"{data}: no .csv or .csv.gz file here; name a file or a folder that holds some")
    return [file for file in files if not file.name.startswith("bench_") and _has(file, columns)]


def read_rows(file: Path, columns: Columns, rejected: Rejected) -> Iterator[Row]:
    """The usable rows of a file; the others are counted in `rejected`.

    Raises:
        CorpusError: a column is missing, the file is damaged, or more than 5 % of its rows are unusable.
    """
    source = file.name.removesuffix(".gz").removesuffix(".csv")
    seen = bad = 0
    with _open(file) as handle:
        reader = csv.DictReader(handle)
        missing = {columns.text, columns.rating} - set(reader.fieldnames or ())
        if missing:
            have = ", ".join(reader.fieldnames or ()) or "none"
            raise CorpusError(
                f"{file}: no column {', '.join(sorted(missing))} (columns: {have}); see --text-column, --rating-column"
            )
        try:
            for fields in reader:
                seen += 1
                reason = _unusable(fields, columns)
                if reason:
                    bad += 1
                    rejected.add(source, reason)
                    continue
                text = fields[columns.text].strip()
                digest = text_digest(text)
                yield Row(
                    text,
                    _RATINGS[fields[columns.rating].strip()],
                    fields.get(columns.split) or split_of(digest),
                    source,
                    digest,
                )
        except (EOFError, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
            raise CorpusError(f"{file}: damaged after row {seen} ({error}); fetch it again") from error
    if bad > MAX_BAD_SHARE * max(seen, 1):
        raise CorpusError(
            f"{file}: {bad} of {seen} rows are unusable ({'; '.join(rejected.lines())}); "
            "mend the file or name its columns with --text-column, --rating-column"
        )


def text_digest(text: str) -> int:
    """Hash of the lower-cased text with everything but a-z and 0-9 removed."""
    normalised = _NOT_ALPHANUMERIC.sub("", text.lower()) or text
    return int.from_bytes(
        hashlib.md5(normalised.encode(errors="surrogatepass"), usedforsecurity=False).digest()[:8], "big"
    )


def split_of(digest: int) -> str:
    """train, val or test in 80, 10 and 10 parts."""
    part = digest % 10
    return "test" if part == 0 else "val" if part == 1 else "train"


def build_corpus(rows: Iterable[Row]) -> Corpus:
    symbols: list[NDArray[np.uint8]] = []
    kept = []
    for row in rows:
        symbols.append(encode(row.text).symbols)
        kept.append(row)
    return Corpus(
        symbols=np.concatenate(symbols) if symbols else np.zeros(0, np.uint8),
        offsets=np.concatenate([[0], np.cumsum([len(text) for text in symbols])]).astype(np.int64),
        stars=np.array([row.rating - 1 for row in kept], np.int64),
        sources=np.array([row.source for row in kept]),
        texts=[row.text for row in kept],
    )


def _has(file: Path, columns: Columns) -> bool:
    with _open(file) as handle:
        return {columns.text, columns.rating} <= set(csv.DictReader(handle).fieldnames or ())


def _open(file: Path) -> IO[str]:
    csv.field_size_limit(sys.maxsize)
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8", newline="")
    return file.open(encoding="utf-8", newline="")


def _unusable(fields: dict[str, str], columns: Columns) -> str | None:
    if not (fields.get(columns.text) or "").strip():
        return "empty text"
    rating = (fields.get(columns.rating) or "").strip()
    if rating not in _RATINGS:
        return f"rating not one of {list(STARS)}"
    return None
