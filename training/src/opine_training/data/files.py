from __future__ import annotations

from typing import TYPE_CHECKING

from opine_training.data.rows import DataError, ReviewFile, columns_of, review_file

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config.reading import ReadConfig


def review_files(data: Path, config: ReadConfig) -> list[ReviewFile]:
    """A CSV file by itself, or those of a folder that have the columns.

    Raises:
        DataError: there is none.
    """
    if data.is_file():
        return [review_file(data, config)]
    if not data.exists():
        raise DataError(f"{data} is not there; name a CSV file or a folder of .csv and .csv.gz files")
    paths = sorted([*data.glob("*.csv"), *data.glob("*.csv.gz")])
    wanted = {config.columns.text, config.columns.rating}
    files = [review_file(path, config) for path in paths if wanted <= set(columns_of(path, config))]
    if not files:
        raise DataError(
            f"{data}: no .csv or .csv.gz file here with the columns {', '.join(sorted(wanted))}; "
            "see --columns.text and --columns.rating"
        )
    return files
