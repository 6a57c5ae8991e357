"""Holds what was read against what the pages say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import ListRead


def check_page(read: ListRead) -> list[Fault]:
    """Whether a page holds as many entries as its counts promise, and whether its next link may be."""
    said, found = read.counts, len(read.ids) + len(read.faults)
    faults = []
    if said.total is not None and said.per_page is not None:
        promised = max(0, min(said.per_page, said.total - said.per_page * (said.page - 1)))
        if found != promised:
            faults.append(Fault(Reason.PAGE_COUNT, f"{found} entries, {promised} by the page's own total"))
    if read.next_url and said.total_pages is not None and said.page >= said.total_pages:
        faults.append(Fault(Reason.ENDLESS, f"a next link on page {said.page} of {said.total_pages}"))
    return faults


def check_total(found: int, totals: list[int]) -> list[Fault]:
    """Whether all entries of a list were read.

    Args:
        found: different entries, with those that could not be read.
        totals: what its first and its last page said; entries may come and go between the two.
    """
    if totals and not min(totals) <= found <= max(totals):
        return [Fault(Reason.TOTAL_COUNT, f"{found} entries on all pages, {totals[-1]} by the site's own total")]
    return []
