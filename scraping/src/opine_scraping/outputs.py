"""The seam between reading and keeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from opine_scraping.reasons import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from opine_scraping.items import CompanyItem, Item, RunReport, RunStart


class OutputError(UnavailableError):
    """The items cannot be kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
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


class CompanySource(Protocol):
    """Where a crawl takes its companies from, if not from a file."""

    def companies(self) -> Iterable[CompanyItem]:
        """All known companies, in an order that does not change between calls."""
