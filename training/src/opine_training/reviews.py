"""Review files: tables of text and rating, as CSV or Parquet, read a row at a time."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING, Literal

import pyarrow as pa
from charcnn.config import STARS
from pyarrow import parquet

from opine_training import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from opine_training.config import LabelScheme, ReadConfig


class DataError(InputError):
    """The data cannot be used; the message says which file and what to do."""


_CSV_ENDINGS = ".csv", ".csv.gz"


def _csv_columns(path: Path, config: ReadConfig) -> list[str]:
    with _open_csv(path, config) as handle:
        return list(csv.DictReader(handle, delimiter=config.separator).fieldnames or ())


def _csv_fields(path: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    seen = 0
    try:
        with _open_csv(path, config) as handle:
            for row in csv.DictReader(handle, delimiter=config.separator):
                seen += 1
                yield row
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: damaged after row {seen} ({error}); fetch it again") from error


def _open_csv(path: Path, config: ReadConfig) -> IO[str]:
    # The default of 128 KiB is shorter than some fields of real files.
    csv.field_size_limit(sys.maxsize)
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=config.encoding, newline="")
    return path.open(encoding=config.encoding, newline="")


_PARQUET_ENDING = ".parquet"
_PARTITION = "source="
_BATCH_ROWS = 4096  # rows held at a time: a file of millions is never in memory


def _parquet_tables(data: Path) -> list[Path]:
    """In a folder: the folders of partitions by source; the folder itself inside one; other files by themselves."""
    if _PARTITION in str(data):
        return [data] if _parquet_files(data) else []
    return sorted({_parquet_table(file, data) for file in data.rglob("*" + _PARQUET_ENDING)})


def _parquet_files(table: Path) -> list[Path]:
    """A table's files."""
    return [table] if table.is_file() else sorted(table.rglob("*" + _PARQUET_ENDING))


def _parquet_columns(table: Path) -> list[str]:
    with _open_parquet(_parquet_files(table)[0]) as file:
        return list(file.schema_arrow.names)


def _parquet_fields(table: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    named = config.columns
    wanted = {named.text, named.rating, named.split, named.source}
    for part in _parquet_files(table):
        try:
            with _open_parquet(part) as file:
                read = [name for name in file.schema_arrow.names if name in wanted]
                for batch in file.iter_batches(_BATCH_ROWS, columns=read):
                    for row in batch.to_pylist():
                        yield {name: "" if value is None else str(value) for name, value in row.items()}
        except (pa.ArrowException, OSError) as error:
            raise _damaged(part, error) from error


def _parquet_table(file: Path, data: Path) -> Path:
    inside = [folder for folder in file.parents if folder.is_relative_to(data)]
    return next((folder for folder in inside if folder.name.startswith(_PARTITION)), file)


def _open_parquet(path: Path) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: damaged ({error}); fetch it again")


def tables_of(folder: Path) -> list[Path]:
    """All tables of a folder in the order of their names, which is the order in which rows are read."""
    return sorted([*(file for ending in _CSV_ENDINGS for file in folder.glob("*" + ending)), *_parquet_tables(folder)])


def files_of(table: Path) -> list[Path]:
    """The files that a table consists of."""
    return _parquet_files(table) if _is_parquet(table) else [table]


def columns_of(table: Path, config: ReadConfig) -> list[str]:
    """Names of the columns.

    Raises:
        DataError: the file is damaged.
    """
    return _parquet_columns(table) if _is_parquet(table) else _csv_columns(table, config)


def fields_of(table: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    """The rows as text by column, at most `config.max_rows` of them.

    Raises:
        DataError: the file is damaged.
    """
    fields = _parquet_fields(table, config) if _is_parquet(table) else _csv_fields(table, config)
    return islice(fields, config.max_rows or None)


def source_of(table: Path) -> str:
    """The source of its partition, otherwise the name without its ending."""
    for part in table.parts:
        if part.startswith(_PARTITION):
            return part.removeprefix(_PARTITION)
    return table.name.removesuffix(".gz").removesuffix(".csv").removesuffix(_PARQUET_ENDING)


def _is_parquet(table: Path) -> bool:
    return table.is_dir() or table.suffix == _PARQUET_ENDING


Split = Literal["train", "val", "test"]

_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_TEST, _VAL, _PARTS = 10, 20, 100  # remainders below 10: test, below 20: validation


def normalised(text: str) -> str:
    """Lower-cased, with everything but a-z and 0-9 removed."""
    return _NOT_ALPHANUMERIC.sub("", text.lower())


def text_digest(text: str) -> int:
    """The first 64 bits of the normalised text's MD5; of the text itself where nothing is left of it."""
    # Copies differ in case and punctuation; they must meet in one split, or the one would give the other away.
    key = normalised(text) or text
    # MD5, as for the splits of the data that this model was trained on: known rows must fall as they did.
    return int.from_bytes(hashlib.md5(key.encode(errors="surrogatepass"), usedforsecurity=False).digest()[:8], "big")


def split_of(digest: int) -> Split:
    """80 % train, 10 % val, 10 % test, by the first 32 bits: a text stays in its split as files are added."""
    part = (digest >> 32) % _PARTS
    return "test" if part < _TEST else "val" if part < _VAL else "train"


Scheme = Literal["stars", "ten", "names", "two"]


def _forms(values: dict[int, int]) -> dict[str, int]:
    # pandas writes whole numbers as 5.0 once a column lacks a value.
    return {form: star for value, star in values.items() for form in (f"{value}", f"{value}.0")}


RATINGS: dict[Scheme, dict[str, int]] = {
    "stars": _forms({star: star for star in STARS}),
    "ten": _forms({value: (value + 1) // 2 for value in range(1, 11)}),
    "names": {"bad": 1, "average": 3, "good": 5},
    "two": _forms({0: 1, 1: 5}),
}
"""Stars by the form in which a file has them. Names and two classes have no stars of their own: theirs stand in."""

EXPECTED: dict[Scheme, str] = {
    "stars": "one of 1-5",
    "ten": "one of 1-10",
    "names": "bad, average or good",
    "two": "0 or 1",
}


def scheme_of(labels: LabelScheme, ratings: AbstractSet[str]) -> Scheme:
    """The scheme that was asked for, or what the distinct ratings of a file look like."""
    if labels != "auto":
        return labels
    if ratings & set(RATINGS["names"]):
        return "names"
    # A file of nothing but ones is more likely one of bad reviews than one of good ones in two classes.
    if ratings and ratings <= set(RATINGS["two"]) and ratings & {"0", "0.0"}:
        return "two"
    return "stars"


MAX_BAD_SHARE = 0.05  # beyond it a column or the meaning of the ratings was mistaken, not a row or two
_NAMED = 3  # rows of each reason: enough to find the fault in the file


@dataclass(frozen=True, slots=True)
class Row:
    """A review that can be used."""

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
        """Count a row; `row` is its number in its file, from 1, where a person should look at it."""
        self.reasons[source, reason] += 1
        named = self.first.setdefault((source, reason), [])
        if row is not None and len(named) < _NAMED:
            named.append(row)

    def lines(self) -> list[str]:
        """A sentence for each source and reason."""
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
            # Some published datasets call their validation rows so.
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
    # All of them: a file has two classes only if it has nothing else.
    if config.labels == "auto":
        ratings = {(fields.get(config.columns.rating) or "").strip() for fields in fields_of(path, config)}
    return ReviewFile(path, scheme_of(config.labels, ratings), config.columns.split in found, config)


def review_files(data: Path, config: ReadConfig) -> list[ReviewFile]:
    """A file by itself, or those of a folder that have the columns; Parquet files also from the folders inside.

    Raises:
        DataError: there is none.
    """
    if data.is_file():
        return [review_file(data, config)]
    if not data.exists():
        raise DataError(f"{data} is not there; name a .csv, .csv.gz or .parquet file or a folder of them")
    # A folder may hold other tables, too, such as lists of companies: they are passed over.
    wanted = {config.columns.text, config.columns.rating}
    files = [review_file(path, config) for path in tables_of(data) if wanted <= set(columns_of(path, config))]
    if not files:
        raise DataError(
            f"{data}: no .csv, .csv.gz or .parquet file here with the columns {', '.join(sorted(wanted))}; "
            "see --columns.text and --columns.rating"
        )
    return files
