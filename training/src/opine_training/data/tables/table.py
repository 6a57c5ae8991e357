"""Tables of reviews: a CSV file, a Parquet file, or a folder of Parquet files."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from opine_training.data.tables import csv, parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opine_training.config.reading import ReadConfig


def tables_of(folder: Path) -> list[Path]:
    return sorted([*(file for ending in csv.ENDINGS for file in folder.glob("*" + ending)), *parquet.tables(folder)])


def files_of(table: Path) -> list[Path]:
    return parquet.parts(table) if _is_parquet(table) else [table]


def columns_of(table: Path, config: ReadConfig) -> list[str]:
    """Names of the columns.

    Raises:
        DataError: the file is damaged.
    """
    return parquet.columns(table, config) if _is_parquet(table) else csv.columns(table, config)


def fields_of(table: Path, config: ReadConfig) -> Iterator[dict[str, str]]:
    """The rows as text by column, at most `config.max_rows` of them.

    Raises:
        DataError: the file is damaged.
    """
    fields = parquet.fields(table, config) if _is_parquet(table) else csv.fields(table, config)
    return islice(fields, config.max_rows or None)


def source_of(table: Path) -> str:
    """The source of its partition, otherwise the name without its ending."""
    for part in table.parts:
        if part.startswith(parquet.PARTITION):
            return part.removeprefix(parquet.PARTITION)
    return table.name.removesuffix(".gz").removesuffix(".csv").removesuffix(parquet.ENDING)


def _is_parquet(table: Path) -> bool:
    return table.is_dir() or table.suffix == parquet.ENDING
