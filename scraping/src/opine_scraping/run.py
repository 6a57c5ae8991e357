"""One run from its first line of state to its report: what it counted, how it is judged, what is told to the output."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opine_common.files import write_atomically

from opine_scraping.issues import (
    BLOCKS,
    ENTRY_REASONS,
    KILLED,
    NO_ERRORS,
    ExitCode,
    ParseIssue,
    Reason,
    UnavailableError,
)
from opine_scraping.items import Kind, Outcome, PageError, ReviewItem, RunReport, RunStart
from opine_scraping.state import Progress, SavedCopies, locked_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from opine_scraping.items import Item
    from opine_scraping.outputs import Output, Written
    from opine_scraping.parsers.page import ListRead

logger = logging.getLogger(__name__)

MOST_ERRORS = 50  # that a report names; it counts all
_LONGEST = 500  # characters of an error's address and reason, which come from outside
# A few reviews without a title say nothing of the markup.
_ENOUGH_TO_JUDGE = 5
_OUTCOMES: dict[ExitCode, Outcome] = {
    ExitCode.COMPLETED: "completed",
    ExitCode.BLOCKED: "blocked",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a run has failed."""

    pages: float
    """Share of pages with errors above which it has."""
    entries: float
    """Share of entries that could not be read."""
    filled: float = 0.5
    """Share of reviews with a value, below which a field that all pages have is taken for renamed."""


@dataclass(slots=True)
class RunStats:
    """Counts what a run does and judges it at its end."""

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
    filled: dict[str, Counter[str]] = field(default_factory=dict)
    """Reviews by parser, as `reviews` and by each field that has a value."""
    stopped_by: ExitCode | None = None
    """Set where something other than the site's end ended the run."""

    def count_page(self, read: ListRead, written: Written) -> None:
        """Count a page that was read and written."""
        self.pages += 1
        self.items += written.new + written.already_there
        self.new_items += written.new
        self.duplicates += written.already_there
        self.entries += len(read.ids) + len(read.issues)
        counts = self.filled.setdefault(read.parser, Counter())
        for item in read.items:
            if isinstance(item, ReviewItem):
                counts["reviews"] += 1
                counts.update(name for name in read.always_filled if _has(item, name))
                # A field that no review has must appear, with 0: it is the one that was renamed.
                counts.update(dict.fromkeys(read.always_filled, 0))

    def reject(self, url: str, issue: ParseIssue, saved_copy: str | None = None) -> None:
        """Count what is wrong with a page or an entry; a block ends the run."""
        self.rejected[issue.reason] += 1
        if issue.reason in BLOCKS:
            self.stop(ExitCode.BLOCKED)
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(PageError(url=url[:_LONGEST], reason=str(issue)[:_LONGEST], saved_copy=saved_copy))

    def stop(self, code: ExitCode) -> None:
        """The first cause counts."""
        self.stopped_by = self.stopped_by or code

    def exit_code(self) -> ExitCode:
        """How the run ends, were it to end now."""
        if self.stopped_by is not None:
            return self.stopped_by
        entries = sum(self.rejected[reason] for reason in ENTRY_REASONS)
        pages = self.rejected.total() - entries - sum(self.rejected[reason] for reason in NO_ERRORS)
        # Where robots.txt forbids everything there is no page and no error: the site does not want this.
        if not self.pages and self.rejected[Reason.ROBOTS] and not pages:
            return ExitCode.BLOCKED
        if self.sparse_fields():
            return ExitCode.FAILED
        # Pages without any answer are no pages read, but pages asked for.
        if pages > self.thresholds.pages * max(self.pages, pages) or entries > self.thresholds.entries * self.entries:
            return ExitCode.FAILED
        return ExitCode.COMPLETED

    def sparse_fields(self) -> list[ParseIssue]:
        """Fields that too few reviews have: their markup was renamed."""
        return [
            ParseIssue(Reason.FILL_RATE, f"{name} has a value in {number} of {counts['reviews']} reviews ({parser})")
            for parser, counts in self.filled.items()
            for name, number in counts.items()
            if counts["reviews"] >= _ENOUGH_TO_JUDGE and number < self.thresholds.filled * counts["reviews"]
        ]

    def report(self) -> RunReport:
        """What is said of the run at its end."""
        code = self.exit_code()
        return self._report(_OUTCOMES.get(code, "failed"), code)

    def report_if_killed(self) -> RunReport:
        """What the next run will say of this one, if nothing more is heard of it."""
        return self._report("interrupted", KILLED)

    def _report(self, outcome: Outcome, exit_code: int) -> RunReport:
        sparse, site = self.sparse_fields(), self.start.arguments.get("site", "")
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
            rejected=dict(self.rejected + Counter(issue.reason for issue in sparse)),
            errors=(*(PageError(url=site, reason=str(issue)) for issue in sparse), *self.errors),
        )


def _has(item: ReviewItem, name: str) -> bool:
    return item.shows_reviewer if name == "reviewer" else getattr(item, name) not in {None, ""}


class RunRecorder:
    """Accounts for a run, whatever happens to it: in the state folder, to the output, in a report.

    Raises:
        UnavailableError: the folder or the output cannot be used; nothing was begun.
    """

    def __init__(
        self,
        *,
        kind: Kind,
        folder: Path,
        output: Output,
        parsers: tuple[str, ...],
        arguments: dict[str, str],
        thresholds: Thresholds,
        saved_copies: int,
        start_over: bool = False,
    ) -> None:
        start = RunStart(
            run_id=str(uuid.uuid4()),
            kind=kind,
            started_at=dt.datetime.now(dt.UTC),
            parsers=parsers,
            arguments=arguments,
        )
        self.stats = RunStats(start, thresholds)
        self.output = output
        self._folder = folder
        self._copies = SavedCopies(folder / "saved_copies" / start.run_id, saved_copies)
        self._pending: list[Item] = []
        with ExitStack() as opened:
            # Whatever fails below gives the lock back: the next run must be able to begin.
            opened.enter_context(locked_folder(folder))
            self.progress = Progress(folder / "progress.sqlite")
            opened.callback(self.progress.close)
            output.open(start)
            if start_over:
                self.progress.start_over()
            for killed in self.progress.begin_run(self.open_report()):
                report = RunReport.model_validate_json(killed)
                self._write_report(report)
                output.close(report)
            self._opened = opened.pop_all()

    def open_report(self) -> tuple[str, str]:
        """The run's id and its report, should it be killed now."""
        so_far = self.stats.report_if_killed()
        return so_far.run_id, so_far.model_dump_json()

    def add(self, item: Item) -> None:
        """Hold an item until its page is complete."""
        self._pending.append(item)

    def write_page(self) -> Written:
        """Write the items of a page, which are durable afterwards.

        Raises:
            OutputError: they are not kept; the run must end.
        """
        items, self._pending = self._pending, []
        return self.output.write(items)

    def drop_page(self) -> None:
        """Forget the items of a page that is none."""
        self._pending = []

    def reject(self, url: str, issues: list[ParseIssue], text: str | None) -> None:
        """Report what is wrong with a page, with a copy of it where there was one."""
        if issues:
            copy = self._copies.save(url, text) if text is not None else None
            for issue in issues:
                self.stats.reject(url, issue, copy)

    def close(self) -> None:
        """End the run; the report is written even if the output fails."""
        # The output first: if it fails, the report says so.
        with self._opened:
            self._attempt(lambda: self.output.close(self.stats.report()))
            self._attempt(self._end)

    def _end(self) -> None:
        report = self.stats.report()
        self._write_report(report)
        # What stopped the run kept it from the other lists; what was wrong with some of them did not.
        self.progress.end_run(round_over=self.stats.stopped_by in {None, ExitCode.INTERNAL})
        logger.info("run ended", extra=report.model_dump(mode="json", exclude={"errors"}))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (UnavailableError, OSError, sqlite3.Error) as error:
            logger.error("the run cannot go on", extra={"error": str(error)})  # noqa: TRY400  the sentence says it all
            self.stats.stop(ExitCode.UNAVAILABLE)
        except Exception:
            logger.exception("the run failed")
            self.stats.stop(ExitCode.INTERNAL)

    def _write_report(self, report: RunReport) -> None:
        folder = self._folder / "reports"
        folder.mkdir(exist_ok=True)
        path = folder / f"{report.started_at:%Y%m%dT%H%M%SZ}-{report.run_id}.json"
        write_atomically(path, report.model_dump_json(indent=2) + "\n")
