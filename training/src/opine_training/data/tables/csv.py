from __future__ import annotations

import csv
import gzip
import sys
from typing import IO, TYPE_CHECKING

from opine_training.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opine_training.config.reading import ReadConfig

ENDINGS = ".csv", ".csv.gz"


def columns(path: Path, config: ReadConfig) -> list[str]:
    with _open(path, config) as handle:
        return list(csv.DictReader(handle, delimiter=config.separator).fieldnames or ())


def fields(path: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    seen = 0
    try:
        with _open(path, config) as handle:
            for row in csv.DictReader(handle, delimiter=config.separator):
                seen += 1
                yield row
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: damaged after row {seen} ({error}); fetch it again") from error


def _open(path: Path, config: ReadConfig) -> IO[str]:
    csv.field_size_limit(sys.maxsize)
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=config.encoding, newline="")
    return path.open(encoding=config.encoding, newline="")
