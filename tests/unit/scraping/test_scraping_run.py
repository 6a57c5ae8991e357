import datetime as dt

import pytest
from opine_scraping.issues import ExitCode, ParseIssue, Reason
from opine_scraping.items import ReviewItem, RunStart
from opine_scraping.outputs import Written
from opine_scraping.parsers.page import Counts, ListRead
from opine_scraping.run import MOST_ERRORS, RunStats, Thresholds

READ_AT = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


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


def read_page(**empty: object) -> ListRead:
    """Ten reviews, of which the last have these values."""
    full = {"text": "Fine", "title": "A title", "language": "en", "country": "GB", "verified": False}
    items = tuple(
        ReviewItem.model_validate(
            {
                **(full | (empty if number >= 4 else {})),
                "source": "trustpilot",
                "source_review_id": str(number),
                "company": "a.example",
                "stars": 4,
                "reviewed_at": READ_AT,
                "source_url": "https://www.example.org/review/a.example",
                "read_at": READ_AT,
                "parser": "p/1",
            }
        )
        for number in range(10)
    )
    return ListRead.of(
        "p/1", items, counts=Counts(), next_url=None, always_filled=("text", "title", "reviewer", "country", "verified")
    )


@pytest.mark.parametrize(
    ("field", "empty"),
    [("text", ""), ("title", None), ("country", None), ("verified", None), ("shows_reviewer", False)],
)
def test_a_field_that_most_reviews_lack_fails_the_run(stats: RunStats, field: str, empty: object) -> None:
    stats.count_page(read_page(**{field: empty}), Written(10, 0))
    report = stats.report()
    name = "reviewer" if field == "shows_reviewer" else field
    assert (report.exit_code, report.rejected) == (65, {"fill_rate": 1})
    assert report.errors[0].reason == f"fill_rate: {name} has a value in 4 of 10 reviews (p/1)"


def test_a_field_that_some_reviews_lack_fails_nothing(stats: RunStats) -> None:
    stats.count_page(read_page(), Written(10, 0))
    stats.count_page(read_page(text=""), Written(10, 0))
    stats.count_page(read_page(language=None), Written(10, 0))
    assert stats.report().exit_code == 0


def test_a_cap_is_no_error(stats: RunStats) -> None:
    stats.pages = 1
    reject(stats, Reason.CAPPED, 3)
    assert (stats.report().exit_code, stats.report().rejected) == (0, {"capped": 3})
