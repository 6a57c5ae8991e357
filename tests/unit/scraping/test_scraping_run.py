import pytest
from opine_scraping.issues import ExitCode, ParseIssue, Reason
from opine_scraping.items import RunStart
from opine_scraping.run import MOST_ERRORS, RunStats, Thresholds


@pytest.fixture
def stats(run_start: RunStart) -> RunStats:
    return RunStats(run_start, Thresholds(pages=0.05, entries=0.01))


def reject(stats: RunStats, reason: Reason, times: int = 1) -> None:
    for number in range(times):
        stats.reject(f"http://127.0.0.1/{number}", ParseIssue(reason, "said"))


def test_nothing_to_do_is_completed(stats: RunStats) -> None:
    assert stats.report().outcome == "completed"


@pytest.mark.parametrize(("errors", "code"), [(5, ExitCode.COMPLETED), (6, ExitCode.FAILED)])
def test_the_threshold_of_pages(stats: RunStats, errors: int, code: ExitCode) -> None:
    stats.pages = 100
    reject(stats, Reason.PAGE_COUNT, errors)
    assert stats.exit_code() is code


@pytest.mark.parametrize(("errors", "code"), [(20, ExitCode.COMPLETED), (21, ExitCode.FAILED)])
def test_the_threshold_of_entries(stats: RunStats, errors: int, code: ExitCode) -> None:
    stats.pages, stats.entries = 100, 2000
    reject(stats, Reason.NO_STARS, errors)
    assert stats.exit_code() is code


def test_errors_without_any_page_fail(stats: RunStats) -> None:
    reject(stats, Reason.NETWORK)
    assert (stats.report().outcome, stats.report().exit_code) == ("failed", 65)


def test_a_block_ends_the_run_whatever_was_read(stats: RunStats) -> None:
    stats.pages = 1000
    reject(stats, Reason.CHALLENGE)
    assert (stats.report().outcome, stats.report().exit_code) == ("blocked", 64)


def test_robots_are_no_error_but_being_forbidden_everything_is_a_block(stats: RunStats) -> None:
    reject(stats, Reason.ROBOTS, 3)
    assert stats.exit_code() is ExitCode.BLOCKED
    stats.pages = 1
    assert stats.exit_code() is ExitCode.COMPLETED


def test_the_first_cause_counts(stats: RunStats) -> None:
    reject(stats, Reason.FORBIDDEN)
    stats.stop(ExitCode.INTERRUPTED)
    assert stats.exit_code() is ExitCode.BLOCKED


def test_errors_are_bounded_and_counted(stats: RunStats) -> None:
    reject(stats, Reason.NETWORK, 3 * MOST_ERRORS)
    report = stats.report()
    assert len(report.errors) == MOST_ERRORS
    assert report.rejected == {"network": 3 * MOST_ERRORS}


def test_a_killed_run_is_interrupted(stats: RunStats) -> None:
    assert (stats.report_if_killed().outcome, stats.report_if_killed().exit_code) == ("interrupted", 137)
