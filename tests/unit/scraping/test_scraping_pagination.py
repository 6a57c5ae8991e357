"""Progress and writing, page by page, with kills in between."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opine_scraping.exports.csv_output import CsvOutput
from opine_scraping.issues import ParseIssue, Reason
from opine_scraping.items import Item
from opine_scraping.outputs import OutputError, Written
from opine_scraping.pagination import (
    MOST_PAGES,
    MOST_REPEATS,
    UNPROMISED_PAGES,
    Limits,
    PageList,
    Pagination,
    check_length,
    check_page,
    check_total,
)
from opine_scraping.parsers import REVIEWS, choose_parser
from opine_scraping.parsers.page import Counts, ListRead, Page
from opine_scraping.run import RunRecorder, Thresholds
from opine_scraping.state import Position

COMPANY = "slow-today.example"  # two pages
START = f"http://127.0.0.1:8060/review/{COMPANY}"
LIST = PageList(COMPANY, START)
PageOf = Callable[[str], Page]


class Bench:
    """What a run is made of, and how it is killed: by forgetting everything that is not on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recorder: RunRecorder | None = None

    def pagination(self, limits: Limits | None = None) -> Pagination:
        self.kill()
        self._recorder = RunRecorder(
            kind="crawl",
            folder=self._folder,
            output=CsvOutput(self._folder / "output"),
            parsers=(),
            arguments={},
            thresholds=Thresholds(0.05, 0.01),
            saved_copies=5,
        )
        return Pagination(self._recorder, limits or Limits())

    @property
    def recorder(self) -> RunRecorder:
        assert self._recorder is not None
        return self._recorder

    def kill(self) -> None:
        if self._recorder is not None:
            self._recorder._opened.close()  # noqa: SLF001  as the end of the process does

    def step(self, pagination: Pagination, page: Page, entries: PageList = LIST) -> str | None:
        pagination.begin(entries)
        read = choose_parser(REVIEWS, page).parse(page)
        for item in read.items:
            self.recorder.add(item)
        return pagination.turn(entries, page, read)

    def step_killed_before_commit(self, pagination: Pagination, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write the page and end before the progress says so."""

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(pagination, "_commit", killed)
            with pytest.raises(KeyboardInterrupt):
                self.step(pagination, page)

    def read_all(self, pagination: Pagination, page_of: PageOf) -> int:
        pages = 0
        url = pagination.first_url(LIST)
        while url is not None:
            url = self.step(pagination, page_of(url))
            pages += 1
        return pages

    def rows(self) -> list[str]:
        return (self._folder / "output" / "reviews.csv").read_text().splitlines()[1:]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.kill()


def test_a_list_is_read_once_a_round(bench: Bench, page_of: PageOf) -> None:
    pagination = bench.pagination()
    assert bench.read_all(pagination, page_of) == 2
    assert pagination.first_url(LIST) is None
    assert not bench.recorder.stats.rejected
    bench.recorder.progress.end_run(round_over=True)
    again = bench.pagination()
    assert bench.read_all(again, page_of) == 2
    assert (bench.recorder.stats.new_items, bench.recorder.stats.duplicates) == (0, 33)
    assert len(bench.rows()) == 33


def test_a_killed_run_goes_on_at_its_page(bench: Bench, page_of: PageOf) -> None:
    bench.step(bench.pagination(), page_of(START))
    again = bench.pagination()
    assert again.first_url(LIST) != START
    assert bench.read_all(again, page_of) == 1
    assert len(bench.rows()) == 33


def test_a_page_that_was_written_but_not_committed_comes_again_without_repeat(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.step_killed_before_commit(bench.pagination(), page_of(START), monkeypatch)
    assert len(bench.rows()) == 20
    again = bench.pagination()
    assert again.first_url(LIST) == START
    assert bench.read_all(again, page_of) == 2
    assert not bench.recorder.stats.rejected
    assert len(bench.rows()) == 33


def test_until_known_stops_at_the_first_page_of_nothing_new(bench: Bench, page_of: PageOf) -> None:
    assert bench.read_all(bench.pagination(), page_of) == 2
    bench.recorder.progress.end_run(round_over=True)
    assert bench.read_all(bench.pagination(Limits(until_known=True)), page_of) == 1


def test_until_known_reads_on_where_a_list_was_never_read_to_its_end(bench: Bench, page_of: PageOf) -> None:
    assert bench.read_all(bench.pagination(Limits(pages_per_list=1)), page_of) == 1
    bench.recorder.progress.end_run(round_over=True)
    assert bench.read_all(bench.pagination(Limits(until_known=True)), page_of) == 2


def test_until_known_is_not_misled_by_what_a_killed_run_wrote(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.read_all(bench.pagination(), page_of)
    bench.recorder.progress.end_run(round_over=True)
    bench.step_killed_before_commit(bench.pagination(Limits(until_known=True)), page_of(START), monkeypatch)
    # All of the page is known now, and yet the pages behind it must be read.
    assert bench.read_all(bench.pagination(Limits(until_known=True)), page_of) == 2


def test_a_faulty_list_is_read_again_by_the_next_run_of_the_round(bench: Bench, page_of: PageOf) -> None:
    pagination = bench.pagination()
    start = "http://127.0.0.1:8060/review/wrong-count-today.example"
    entries = PageList("wrong", start)
    url: str | None = start
    while url is not None:
        page = page_of(url)
        url = bench.step(pagination, page, entries)
    assert bench.recorder.stats.rejected == {Reason.PAGE_COUNT: 1, Reason.TOTAL_COUNT: 1}
    assert bench.pagination().first_url(entries) == start
    bench.recorder.progress.end_run(round_over=True)
    assert not bench.recorder.progress.was_read_to_the_end("wrong")


def test_a_page_that_comes_for_ever_is_noticed_without_any_total(bench: Bench, page_of: PageOf) -> None:
    pagination = bench.pagination()
    page = page_of(START)
    text = page.text.replace('"totalPages": 2', '"totalPages": 999').replace('"totalCount": 33', '"totalCount": 20')
    endless = Page(text, START, page.read_at)
    pages = 0
    while bench.step(pagination, endless) is not None:
        pages += 1
    assert pages == MOST_REPEATS
    assert bench.recorder.stats.rejected[Reason.ENDLESS] == 1


@pytest.mark.parametrize(
    ("first_total", "most"),
    [(None, UNPROMISED_PAGES), (0, UNPROMISED_PAGES), (33, UNPROMISED_PAGES), (3_000, 300), (10**9, MOST_PAGES)],
)
def test_a_list_of_ever_new_entries_ends(page_of: PageOf, first_total: int | None, most: int) -> None:
    read = choose_parser(REVIEWS, page_of(START)).parse(page_of(START))
    read = replace(read, counts=Counts())
    assert len(read.ids) == 20
    assert check_length(Position(START, pages=most - 1, first_total=first_total), read) == []
    (issue,) = check_length(Position(START, pages=most, first_total=first_total), read)
    assert issue.reason is Reason.ENDLESS
    assert check_length(Position(START, pages=most, first_total=first_total), replace(read, next_url=None)) == []


def test_an_output_that_fails_leaves_the_progress_where_it_was(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    pagination = bench.pagination()

    def full(_: object, items: list[Item]) -> Written:
        raise OutputError(f"{len(items)} items, disk full")

    with monkeypatch.context() as patched:
        patched.setattr(CsvOutput, "write", full)
        with pytest.raises(OutputError):
            bench.step(pagination, page_of(START))
    assert bench.pagination().first_url(LIST) == START
    assert bench.recorder.stats.pages == 0


def read_page(entries: int, counts: Counts, *, issues: int = 0, more: bool = False) -> ListRead:
    return ListRead(
        parser="p/1",
        items=(),
        ids=tuple(map(str, range(entries))),
        issues=(ParseIssue(Reason.NO_STARS, "card"),) * issues,
        counts=counts,
        next_url="http://127.0.0.1/next" if more else None,
    )


def reasons(issues: list[ParseIssue]) -> list[Reason]:
    return [issue.reason for issue in issues]


@pytest.mark.parametrize(("entries", "number"), [(20, 1), (20, 2), (5, 3), (0, 4)])
def test_a_page_holds_what_its_total_promises(entries: int, number: int) -> None:
    assert check_page(read_page(entries, Counts(total=45, per_page=20, page=number, total_pages=3))) == []


@pytest.mark.parametrize(("entries", "number"), [(19, 1), (21, 1), (20, 3), (4, 3), (1, 4)])
def test_another_number_is_a_fault(entries: int, number: int) -> None:
    issues = check_page(read_page(entries, Counts(total=45, per_page=20, page=number, total_pages=3)))
    assert reasons(issues) == [Reason.PAGE_COUNT]


def test_an_unreadable_card_is_still_an_entry() -> None:
    assert check_page(read_page(19, Counts(total=45, per_page=20), issues=1)) == []


def test_a_page_that_says_nothing_cannot_be_held_to_it() -> None:
    assert check_page(read_page(3, Counts(), more=True)) == []


@pytest.mark.parametrize("number", [3, 4])
def test_a_next_link_behind_the_last_page_is_a_fault(number: int) -> None:
    counts = Counts(page=number, total_pages=3)
    assert reasons(check_page(read_page(1, counts, more=True))) == [Reason.ENDLESS]


@pytest.mark.parametrize(
    ("found", "totals", "well"),
    [
        (45, [45, 45], True),
        (44, [45, 45], False),
        (46, [45, 45], False),
        (46, [45, 47], True),
        (44, [45, 43], True),
        (42, [45, 43], False),
        (7, [], True),
    ],
)
def test_all_pages_hold_what_the_site_says(found: int, totals: list[int], well: bool) -> None:
    assert reasons(check_total(found, totals)) == ([] if well else [Reason.TOTAL_COUNT])
