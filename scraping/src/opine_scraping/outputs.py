"""Where items go: what every output promises, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from opine_scraping.issues import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from opine_scraping.arguments import OutputKind
    from opine_scraping.items import Item, RunReport, RunStart
    from opine_scraping.settings import Settings


class OutputError(UnavailableError):
    """The items cannot be kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many items of a page were new to the output, and how many it had."""

    new: int
    already_there: int


class Output(Protocol):
    """Where a run's items go."""

    def open(self, run: RunStart) -> None:
        """Make ready for a run, also after one that was killed.

        Raises:
            OutputError: it cannot be written to.
        """

    def write(self, items: Sequence[Item]) -> Written:
        """Keep a page's items; they are durable once this returns.

        Idempotent: a review is known by source and source_review_id, a company by source and company. The same page
        may come again after a kill. A company comes before its first review of a run, in the same batch or before.

        Raises:
            OutputError: nothing of the batch was kept, and the run ends.
        """

    def close(self, report: RunReport) -> None:
        """End a run: this one, or before that an earlier one, of which only now is known that it was killed."""


def open_output(kind: OutputKind, folder: Path, settings: Settings) -> Output:
    """An output that no run has begun with yet.

    Raises:
        UsageError: a setting is missing.
    """
    # Each brings a library that the others need not load.
    match kind:
        case "csv":
            from opine_scraping.exports.csv_output import CsvOutput  # noqa: PLC0415

            return CsvOutput(folder, bom=settings.csv_bom)
        case "parquet":
            from opine_scraping.exports.parquet_output import ParquetOutput  # noqa: PLC0415

            return ParquetOutput(folder)
        case "database":
            from opine_scraping.database.output import DatabaseOutput  # noqa: PLC0415

            return DatabaseOutput(database_url(settings))


def database_url(settings: Settings) -> str:
    """Raises UsageError where the setting is missing."""
    if settings.database_url is None:
        raise UsageError("the database output needs OPINE_SCRAPING_DATABASE_URL; set it, or choose another --output")
    return settings.database_url.get_secret_value()
