import pytest
from opine_scraping.exit_codes import ExitCode
from opine_scraping.items import RunStart
from opine_scraping.reading.record import MOST_ERRORS, Record, Thresholds
from opine_scraping.reasons import Fault, Reason


@pytest.fixture
def record(run_start: RunStart) -> Record:
    return Record(run_start, Thresholds(pages=0.05, cards=0.01))


def reject(record: Record, reason: Reason, times: int = 1) -> None:
    for number in range(times):
        record.reject(f"http://127.0.0.1/{number}", Fault(reason, "said"))


def test_nothing_to_do_is_completed(record: Record) -> None:
    assert record.report().outcome == "completed"


@pytest.mark.parametrize(("errors", "code"), [(5, ExitCode.COMPLETED), (6, ExitCode.FAILED)])
def test_the_threshold_of_pages(record: Record, errors: int, code: ExitCode) -> None:
    record.pages = 100
    reject(record, Reason.PAGE_COUNT, errors)
    assert record.exit_code() is code


@pytest.mark.parametrize(("errors", "code"), [(20, ExitCode.COMPLETED), (21, ExitCode.FAILED)])
def test_the_threshold_of_cards(record: Record, errors: int, code: ExitCode) -> None:
    record.pages, record.entries = 100, 2000
    reject(record, Reason.NO_STARS, errors)
    assert record.exit_code() is code


def test_errors_without_any_page_fail(record: Record) -> None:
    reject(record, Reason.NETWORK)
    assert (record.report().outcome, record.report().exit_code) == ("failed", 65)


def test_a_block_ends_the_run_whatever_was_read(record: Record) -> None:
    record.pages = 1000
    reject(record, Reason.CHALLENGE)
    assert (record.report().outcome, record.report().exit_code) == ("blocked", 64)


def test_robots_are_no_error_but_being_forbidden_everything_is_a_block(record: Record) -> None:
    reject(record, Reason.ROBOTS, 3)
    assert record.exit_code() is ExitCode.BLOCKED
    record.pages = 1
    assert record.exit_code() is ExitCode.COMPLETED


def test_the_first_cause_counts(record: Record) -> None:
    reject(record, Reason.FORBIDDEN)
    record.stop(ExitCode.INTERRUPTED)
    assert record.exit_code() is ExitCode.BLOCKED


def test_errors_are_bounded_and_counted(record: Record) -> None:
    reject(record, Reason.NETWORK, 3 * MOST_ERRORS)
    report = record.report()
    assert len(report.errors) == MOST_ERRORS
    assert report.rejected == {"network": 3 * MOST_ERRORS}


def test_a_killed_run_is_interrupted(record: Record) -> None:
    assert (record.report_if_killed().outcome, record.report_if_killed().exit_code) == ("interrupted", 137)
