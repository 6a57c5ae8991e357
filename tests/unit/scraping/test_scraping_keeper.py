"""Progress and writing, page by page, with kills in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opine_scraping.files.csv_output import CsvOutput
from opine_scraping.items import Item, RunStart
from opine_scraping.outputs import OutputError, Written
from opine_scraping.parsers import REVIEWS, choose
from opine_scraping.parsers.page import Page
from opine_scraping.reading.keeper import MOST_REPEATS, Keeper, Limits
from opine_scraping.reading.record import Record, Thresholds
from opine_scraping.reasons import Reason
from opine_scraping.state.progress import Progress
from opine_scraping.state.saved_copies import SavedCopies

COMPANY = "slow-today.example"  # two pages
START = f"http://127.0.0.1:8060/review/{COMPANY}"
PageOf = Callable[[str], Page]


class Bench:
    """What a run is made of, and how it is killed: by forgetting everything that is not on disk."""

    def __init__(self, folder: Path, start: RunStart) -> None:
        self._folder = folder
        self._start = start
        self.progress = Progress(folder / "progress.sqlite")

    def keeper(self, limits: Limits | None = None) -> Keeper:
        self.progress.close()
        self.progress = Progress(self._folder / "progress.sqlite")
        output = CsvOutput(self._folder / "output")
        output.open(self._start)
        record = Record(self._start, Thresholds(0.05, 0.01))
        self.progress.begin_run((self._start.run_id, record.report_if_killed().model_dump_json()))
        copies = SavedCopies(self._folder / "copies", 5)
        return Keeper(output, self.progress, record, copies, limits or Limits())

    def rows(self) -> list[str]:
        return (self._folder / "output" / "reviews.csv").read_text().splitlines()[1:]


@pytest.fixture
def bench(tmp_path: Path, run_start: RunStart) -> Iterator[Bench]:
    found = Bench(tmp_path, run_start)
    yield found
    found.progress.close()


def step(keeper: Keeper, page: Page) -> str | None:
    return keeper.keep(COMPANY, START, page, choose(REVIEWS, page).parse(page))


def step_killed_before_commit(keeper: Keeper, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the page and end before the progress says so."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keeper, "_commit", killed)
        with pytest.raises(KeyboardInterrupt):
            step(keeper, page)


def read_all(keeper: Keeper, page_of: PageOf) -> int:
    pages = 0
    url = keeper.first_url(COMPANY, START)
    while url is not None:
        url = step(keeper, page_of(url))
        pages += 1
    return pages


def test_a_list_is_read_once_a_round(bench: Bench, page_of: PageOf) -> None:
    keeper = bench.keeper()
    assert read_all(keeper, page_of) == 2
    assert keeper.first_url(COMPANY, START) is None
    assert not keeper.record.rejected
    bench.progress.end_run(round_over=True)
    again = bench.keeper()
    assert read_all(again, page_of) == 2
    assert (again.record.new_items, again.record.duplicates) == (0, 33)
    assert len(bench.rows()) == 33


def test_a_killed_run_goes_on_at_its_page(bench: Bench, page_of: PageOf) -> None:
    step(bench.keeper(), page_of(START))
    again = bench.keeper()
    assert again.first_url(COMPANY, START) != START
    assert read_all(again, page_of) == 1
    assert len(bench.rows()) == 33


def test_a_page_that_was_written_but_not_committed_comes_again_without_repeat(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_killed_before_commit(bench.keeper(), page_of(START), monkeypatch)
    assert len(bench.rows()) == 20
    again = bench.keeper()
    assert again.first_url(COMPANY, START) == START
    assert read_all(again, page_of) == 2
    assert not again.record.rejected
    assert len(bench.rows()) == 33


def test_until_known_stops_at_the_first_page_of_nothing_new(bench: Bench, page_of: PageOf) -> None:
    assert read_all(bench.keeper(), page_of) == 2
    bench.progress.end_run(round_over=True)
    assert read_all(bench.keeper(Limits(until_known=True)), page_of) == 1


def test_until_known_reads_on_where_a_list_was_never_read_to_its_end(bench: Bench, page_of: PageOf) -> None:
    assert read_all(bench.keeper(Limits(pages_per_list=1)), page_of) == 1
    bench.progress.end_run(round_over=True)
    assert read_all(bench.keeper(Limits(until_known=True)), page_of) == 2


def test_until_known_is_not_misled_by_what_a_killed_run_wrote(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_all(bench.keeper(), page_of)
    bench.progress.end_run(round_over=True)
    step_killed_before_commit(bench.keeper(Limits(until_known=True)), page_of(START), monkeypatch)
    # All of the page is known now, and yet the pages behind it must be read.
    assert read_all(bench.keeper(Limits(until_known=True)), page_of) == 2


def test_a_faulty_list_is_read_again_by_the_next_run_of_the_round(bench: Bench, page_of: PageOf) -> None:
    keeper = bench.keeper()
    start = "http://127.0.0.1:8060/review/wrong-count-today.example"
    url: str | None = start
    while url is not None:
        page = page_of(url)
        url = keeper.keep("wrong", start, page, choose(REVIEWS, page).parse(page))
    assert keeper.record.rejected == {Reason.PAGE_COUNT: 1, Reason.TOTAL_COUNT: 1}
    assert bench.keeper().first_url("wrong", start) == start
    bench.progress.end_run(round_over=True)
    assert not bench.progress.was_read_to_the_end("wrong")


def test_a_page_that_comes_for_ever_is_noticed_without_any_total(bench: Bench, page_of: PageOf) -> None:
    keeper = bench.keeper()
    page = page_of(START)
    endless = Page(page.text.replace('"totalPages": 2', '"totalPages": 999'), START, page.read_at)
    pages = 0
    while step(keeper, endless) is not None:
        pages += 1
    assert pages == MOST_REPEATS
    assert keeper.record.rejected[Reason.ENDLESS] == 1


def test_an_output_that_fails_leaves_the_progress_where_it_was(
    bench: Bench, page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = bench.keeper()

    def full(_: object, items: list[Item]) -> Written:
        raise OutputError(f"{len(items)} items, disk full")

    with monkeypatch.context() as patched:
        patched.setattr(CsvOutput, "write", full)
        with pytest.raises(OutputError):
            step(keeper, page_of(START))
    assert bench.keeper().first_url(COMPANY, START) == START
    assert keeper.record.pages == 0
