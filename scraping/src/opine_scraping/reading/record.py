"""Counts what a run does and judges it at its end."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opine_scraping.exit_codes import KILLED, ExitCode
from opine_scraping.items import Outcome, PageError, RunReport
from opine_scraping.reasons import BLOCKS, CARDS, Fault, Reason

if TYPE_CHECKING:
    from opine_scraping.items import RunStart

MOST_ERRORS = 50
_LONGEST = 500

_OUTCOMES: dict[ExitCode, Outcome] = {
    ExitCode.COMPLETED: "completed",
    ExitCode.BLOCKED: "blocked",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares of errors above which a run has failed."""

    pages: float
    cards: float


@dataclass(slots=True)
class Record:
    start: RunStart
    thresholds: Thresholds
    pages: int = 0
    items: int = 0
    new_items: int = 0
    duplicates: int = 0
    entries: int = 0
    """Entries of lists, with those that could not be read."""
    rejected: Counter[str] = field(default_factory=Counter)
    errors: list[PageError] = field(default_factory=list)
    stopped_by: ExitCode | None = None
    """Set where something other than the site's end ended the run."""

    def reject(self, url: str, fault: Fault, saved_copy: str | None = None) -> None:
        self.rejected[fault.reason] += 1
        if fault.reason in BLOCKS:
            self.stop(ExitCode.BLOCKED)
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(PageError(url=url[:_LONGEST], reason=str(fault)[:_LONGEST], saved_copy=saved_copy))

    def stop(self, code: ExitCode) -> None:
        """The first cause counts."""
        self.stopped_by = self.stopped_by or code

    def exit_code(self) -> ExitCode:
        if self.stopped_by is not None:
            return self.stopped_by
        cards = sum(self.rejected[reason] for reason in CARDS)
        forbidden = self.rejected[Reason.ROBOTS]
        pages = self.rejected.total() - cards - forbidden
        if not self.pages and forbidden and not pages:
            return ExitCode.BLOCKED
        # Pages without any answer are no pages read, but pages asked for.
        if pages > self.thresholds.pages * max(self.pages, pages) or cards > self.thresholds.cards * self.entries:
            return ExitCode.FAILED
        return ExitCode.COMPLETED

    def report(self) -> RunReport:
        code = self.exit_code()
        return self._report(_OUTCOMES.get(code, "failed"), code)

    def report_if_killed(self) -> RunReport:
        """What the next run will say of this one, if nothing more is heard of it."""
        return self._report("interrupted", KILLED)

    def _report(self, outcome: Outcome, exit_code: int) -> RunReport:
        return RunReport(
            run_id=self.start.run_id,
            kind=self.start.kind,
            started_at=self.start.started_at,
            ended_at=dt.datetime.now(dt.UTC),
            outcome=outcome,
            exit_code=exit_code,
            pages=self.pages,
            items=self.items,
            new_items=self.new_items,
            duplicates=self.duplicates,
            rejected=dict(self.rejected),
            errors=tuple(self.errors),
        )
