"""Where items go, by the command line and the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from opine_scraping.reasons import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from opine_scraping.outputs import Output
    from opine_scraping.settings import Settings


def output_folder(path: Path | None, settings: Settings) -> Path:
    return path or settings.output_dir or settings.state_dir / "output"


def choose_output(kind: Literal["csv", "parquet", "database"], folder: Path, settings: Settings) -> Output:
    """Raises Refusal where a setting is missing."""
    # Each brings a library that the others need not load.
    match kind:
        case "csv":
            from opine_scraping.files.csv_output import CsvOutput  # noqa: PLC0415

            return CsvOutput(folder)
        case "parquet":
            from opine_scraping.files.parquet_output import ParquetOutput  # noqa: PLC0415

            return ParquetOutput(folder)
        case "database":
            from opine_scraping.database.output import DatabaseOutput  # noqa: PLC0415

            return DatabaseOutput(database_url(settings))


def database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise Refusal("the database needs OPINE_SCRAPING_DATABASE_URL")
    return settings.database_url.get_secret_value()
