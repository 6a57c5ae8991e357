from __future__ import annotations

from typing import TYPE_CHECKING

from opine_training.data.errors import DataError
from opine_training.data.rows import ReviewFile, review_file
from opine_training.data.tables.table import columns_of, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config.reading import ReadConfig


def review_files(data: Path, config: ReadConfig) -> list[ReviewFile]:
    """A file by itself, or those of a folder that have the columns; Parquet files also from the folders inside.

    Raises:
        DataError: there is none.
    """
    if data.is_file():
        return [review_file(data, config)]
    if not data.exists():
        raise DataError(f"{data} is not there; name a .csv, .csv.gz or .parquet file or a folder of them")
    wanted = {config.columns.text, config.columns.rating}
    files = [review_file(path, config) for path in tables_of(data) if wanted <= set(columns_of(path, config))]
    if not files:
        raise DataError(
            f"{data}: no .csv, .csv.gz or .parquet file here with the columns {', '.join(sorted(wanted))}; "
            "see --columns.text and --columns.rating"
        )
    return files
