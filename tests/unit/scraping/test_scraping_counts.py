import pytest
from opine_scraping.counts import check_page, check_total
from opine_scraping.parsers.page import Counts, ListRead
from opine_scraping.reasons import Fault, Reason


def page(entries: int, counts: Counts, *, faults: int = 0, more: bool = False) -> ListRead:
    return ListRead(
        parser="p/1",
        items=(),
        ids=tuple(map(str, range(entries))),
        faults=(Fault(Reason.NO_STARS, "card"),) * faults,
        counts=counts,
        next_url="http://127.0.0.1/next" if more else None,
    )


def reasons(faults: list[Fault]) -> list[Reason]:
    return [fault.reason for fault in faults]


@pytest.mark.parametrize(("entries", "number"), [(20, 1), (20, 2), (5, 3), (0, 4)])
def test_a_page_holds_what_its_total_promises(entries: int, number: int) -> None:
    assert check_page(page(entries, Counts(total=45, per_page=20, page=number, total_pages=3))) == []


@pytest.mark.parametrize(("entries", "number"), [(19, 1), (21, 1), (20, 3), (4, 3), (1, 4)])
def test_another_number_is_a_fault(entries: int, number: int) -> None:
    faults = check_page(page(entries, Counts(total=45, per_page=20, page=number, total_pages=3)))
    assert reasons(faults) == [Reason.PAGE_COUNT]


def test_an_unreadable_card_is_still_an_entry() -> None:
    assert check_page(page(19, Counts(total=45, per_page=20), faults=1)) == []


def test_a_page_that_says_nothing_cannot_be_held_to_it() -> None:
    assert check_page(page(3, Counts(), more=True)) == []


@pytest.mark.parametrize("number", [3, 4])
def test_a_next_link_behind_the_last_page_is_a_fault(number: int) -> None:
    counts = Counts(page=number, total_pages=3)
    assert reasons(check_page(page(1, counts, more=True))) == [Reason.ENDLESS]


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
