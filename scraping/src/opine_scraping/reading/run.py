"""One run from its first line of state to its report."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from opine_common.files import write_whole

from opine_scraping.exit_codes import ExitCode
from opine_scraping.items import Kind, RunReport, RunStart
from opine_scraping.reading.keeper import Keeper, Limits
from opine_scraping.reading.record import Record, Thresholds
from opine_scraping.reasons import UnavailableError
from opine_scraping.state.folder import held_alone
from opine_scraping.state.progress import Progress
from opine_scraping.state.saved_copies import SavedCopies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from opine_scraping.outputs import Output

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    kind: Kind
    folder: Path
    """Of the state; one run at a time."""
    output: Output
    parsers: tuple[str, ...]
    arguments: dict[str, str]
    thresholds: Thresholds
    saved_copies: int
    limits: Limits = field(default_factory=Limits)
    start_over: bool = False

    def perform(self, work: Callable[[Keeper], None]) -> RunReport:
        """Do the work and account for it, whatever happens to it.

        Raises:
            UnavailableError: the folder or the output cannot be used; nothing was begun.
        """
        start = RunStart(
            run_id=str(uuid.uuid4()),
            kind=self.kind,
            started_at=dt.datetime.now(dt.UTC),
            parsers=self.parsers,
            arguments=self.arguments,
        )
        with held_alone(self.folder):
            progress = Progress(self.folder / "progress.sqlite")
            try:
                return self._perform(start, progress, work)
            finally:
                progress.close()

    def _perform(self, start: RunStart, progress: Progress, work: Callable[[Keeper], None]) -> RunReport:
        record = Record(start, self.thresholds)
        copies = SavedCopies(self.folder / "saved_copies" / start.run_id, self.saved_copies)
        self.output.open(start)
        if self.start_over:
            progress.start_over()
        for killed in progress.begin_run((start.run_id, record.report_if_killed().model_dump_json())):
            report = RunReport.model_validate_json(killed)
            self._write(report)
            self.output.close(report)
        _attempt(lambda: work(Keeper(self.output, progress, record, copies, self.limits)), record)
        _attempt(lambda: self.output.close(record.report()), record)
        report = record.report()
        self._write(report)
        progress.end_run(round_over=report.outcome == "completed")
        logger.info("run ended", **report.model_dump(mode="json", exclude={"errors"}))
        return report

    def _write(self, report: RunReport) -> None:
        folder = self.folder / "reports"
        folder.mkdir(exist_ok=True)
        path = folder / f"{report.started_at:%Y%m%dT%H%M%SZ}-{report.run_id}.json"
        write_whole(path, report.model_dump_json(indent=2) + "\n")


def _attempt(step: Callable[[], None], record: Record) -> None:
    try:
        step()
    except KeyboardInterrupt:
        record.stop(ExitCode.INTERRUPTED)
    except UnavailableError as error:
        logger.error("the run cannot go on", error=str(error))  # noqa: TRY400  the sentence says it all
        record.stop(ExitCode.UNAVAILABLE)
    except Exception:
        logger.exception("the run failed")
        record.stop(ExitCode.INTERNAL)
