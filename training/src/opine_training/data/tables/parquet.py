"""Parquet files, and folders of them that are one table in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from opine_training.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opine_training.config.reading import ReadConfig

ENDING = ".parquet"
PARTITION = "source="
_BATCH_ROWS = 4096


def tables(data: Path) -> list[Path]:
    """In a folder: the folders of partitions by source; the folder itself inside one; other files by themselves."""
    if PARTITION in str(data):
        return [data] if parts(data) else []
    return sorted({_table(file, data) for file in data.rglob("*" + ENDING)})


def parts(table: Path) -> list[Path]:
    """A table's files."""
    return [table] if table.is_file() else sorted(table.rglob("*" + ENDING))


def columns(table: Path, _config: ReadConfig) -> list[str]:
    with _open(parts(table)[0]) as file:
        return list(file.schema_arrow.names)


def fields(table: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    named = config.columns
    wanted = {named.text, named.rating, named.split, named.source}
    for part in parts(table):
        try:
            with _open(part) as file:
                read = [name for name in file.schema_arrow.names if name in wanted]
                for batch in file.iter_batches(_BATCH_ROWS, columns=read):
                    for row in batch.to_pylist():
                        yield {name: "" if value is None else str(value) for name, value in row.items()}
        except (pa.ArrowException, OSError) as error:
            raise _damaged(part, error) from error


def _table(file: Path, data: Path) -> Path:
    inside = [folder for folder in file.parents if folder.is_relative_to(data)]
    return next((folder for folder in inside if folder.name.startswith(PARTITION)), file)


def _open(path: Path) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: damaged ({error}); fetch it again")
