"""Goes through a list page by page: where it begins or goes on, whether a page is whole, which page is next."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from opine_scraping.issues import ParseIssue, Reason
from opine_scraping.state import Position

if TYPE_CHECKING:
    from opine_scraping.outputs import Written
    from opine_scraping.parsers.page import ListRead, Page
    from opine_scraping.run import RunRecorder

# Of what a list's first page says; new reviews come while it is read, but not so many.
MOST_GROWTH = 2
UNPROMISED_PAGES = 100  # of a list that does not say how long it is, or hardly anything
MOST_PAGES = 50_000  # whatever it says: more than three times those of the busiest company
MOST_REPEATS = 10  # pages in a row; a busy company gets new reviews while it is read, but not so many


@dataclass(frozen=True, slots=True)
class PageList:
    """A company's reviews, or a sub-category's companies."""

    key: str
    """What the progress knows it by."""
    start_url: str
    category: str | None = None
    sub_category: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a list's reading ends before its last page."""

    pages_per_list: int | None = None
    until_known: bool = False
    """Stop a list at its first page of nothing but known entries, if it was once read to its end."""


class Pagination:
    """Leads a run through its lists, by what is kept of each."""

    def __init__(self, recorder: RunRecorder, limits: Limits) -> None:
        self._recorder = recorder
        self._progress = recorder.progress
        self._limits = limits
        self._repeats: Counter[str] = Counter()
        self._was_begun: dict[str, bool] = {}

    def first_url(self, entries: PageList) -> str | None:
        """The page that a list begins or goes on with; None if there is nothing left to read of it."""
        at = self._progress.position(entries.key, entries.start_url)
        return None if at is None or self._enough(at) else at.url

    def unread_keys(self) -> set[str]:
        """Lists of which a page could not be read before, or ended the run."""
        return self._progress.unread_keys()

    def begin(self, entries: PageList) -> None:
        """A page of the list is asked for, or there; whatever comes of it."""
        # Once a list and run: the first note says what happened before this run.
        if entries.key not in self._was_begun:
            self._was_begun[entries.key] = self._progress.begin_page(entries.key)

    def turn(self, entries: PageList, page: Page, read: ListRead) -> str | None:
        """Write a page that was parsed, and commit the progress.

        Returns:
            The next page's address, or None at the list's end.

        Raises:
            OutputError: it is not kept; the run must end.
        """
        key = entries.key
        at = self._at(entries)
        if self._shows_no_more(key, at, read):
            self._end_capped(entries, at)
            return None
        # Repeats are looked for before the page is committed, which would make all of its entries repeats. Items are
        # durable before the progress is: a kill in between makes the page come again, which the output knows.
        issues = [
            *read.issues,
            *read.page_issues,
            *check_page(read),
            *check_length(at, read),
            *self._check_repeats(key, at, read),
        ]
        written = self._recorder.write_page()
        self._recorder.stats.count_page(read, written)
        self._recorder.reject(page.url, issues, page.text)
        reached = Position(
            url=read.next_url or page.url,
            pages=at.pages + 1,
            unread=at.unread + len(read.issues),
            troubled=at.troubled or bool(issues),
            first_total=at.first_total if at.pages else read.counts.total,
        )
        self._commit(key, reached, read)
        # Known in the database may mean: written by this round before a kill.
        was_begun = self._was_begun.pop(key, False)
        if self._is_known(key, written) and not was_begun:
            self._progress.end_list(key, reached)
            return None
        if read.next_url is None or any(issue.reason is Reason.ENDLESS for issue in issues):
            self._end(entries, page, reached, read)
            return None
        return None if self._enough(reached) else read.next_url

    def fail(self, entries: PageList, url: str, issue: ParseIssue, text: str | None, *, is_wall: bool = False) -> None:
        """A page that could not be read: its list is tried again later, unless the site shows no more of it.

        Args:
            entries: the list.
            url: the page.
            issue: what is wrong.
            text: what there was of it.
            is_wall: whether the answer is one that sites give instead of pages to those who are not logged in.
        """
        at = self._at(entries)
        self.begin(entries)
        if is_wall and self._promises_more(entries.key, at):
            self._end_capped(entries, at)
        else:
            self._recorder.reject(url, [issue], text)

    def _at(self, entries: PageList) -> Position:
        return self._progress.position(entries.key, entries.start_url) or Position(entries.start_url)

    def _promises_more(self, key: str, at: Position) -> bool:
        """Whether all pages so far were as the site's total says, and there are more by it."""
        clean = at.pages > 0 and not at.troubled
        return clean and at.first_total is not None and self._progress.seen(key) < at.first_total

    def _shows_no_more(self, key: str, at: Position, read: ListRead) -> bool:
        """Whether a page behind others is empty, or one of those again by its own number."""
        again = read.counts.page <= at.pages and self._progress.seen_before(key, set(read.ids)) == len(set(read.ids))
        return not read.issues and (not read.ids or again) and self._promises_more(key, at)

    def _end_capped(self, entries: PageList, at: Position) -> None:
        shown, total = self._progress.seen(entries.key), at.first_total or 0
        self._recorder.drop_page()
        issue = ParseIssue(Reason.CAPPED, f"{shown} of {total} entries are shown")
        self._recorder.reject(entries.start_url, [issue], None)
        self._progress.end_list(entries.key, at, capped_at=(shown, total))

    def _end(self, entries: PageList, page: Page, at: Position, read: ListRead) -> None:
        key, said = entries.key, read.counts
        # The last page's own total says that there is more: the site ends here, not the list.
        promised = said.total is not None and said.per_page is not None and said.page * said.per_page < said.total
        if promised and self._promises_more(key, at):
            self._end_capped(entries, at)
            return
        totals = [total for total in (at.first_total, said.total) if total is not None]
        issues = check_total(self._progress.seen(key) + at.unread, totals)
        self._recorder.reject(page.url, issues, page.text)
        self._progress.end_list(key, replace(at, troubled=at.troubled or bool(issues)))
        self._progress.forget_cap(key)

    def _check_repeats(self, key: str, at: Position, read: ListRead) -> list[ParseIssue]:
        """New entries push old ones to later pages; that explains some repeated pages, but not many in a row."""
        ids = set(read.ids)
        if not (at.pages and ids and self._progress.seen_before(key, ids) == len(ids)):
            self._repeats.pop(key, None)
            return []
        self._repeats[key] += 1
        if self._repeats[key] < MOST_REPEATS:
            return []
        return [ParseIssue(Reason.ENDLESS, f"{MOST_REPEATS} pages in a row held only entries of earlier pages")]

    def _is_known(self, key: str, written: Written) -> bool:
        return self._limits.until_known and not written.new and self._progress.was_read_to_the_end(key)

    def _commit(self, key: str, at: Position, read: ListRead) -> None:
        self._progress.advance(key, at, read.ids, self._recorder.open_report())

    def _enough(self, at: Position) -> bool:
        return self._limits.pages_per_list is not None and at.pages >= self._limits.pages_per_list


def check_page(read: ListRead) -> list[ParseIssue]:
    """Whether a page holds as many entries as its counts promise, and whether its next link may be."""
    said, found = read.counts, len(read.ids) + len(read.issues)
    issues = []
    if said.total is not None and said.per_page is not None:
        promised = max(0, min(said.per_page, said.total - said.per_page * (said.page - 1)))
        if found != promised:
            issues.append(ParseIssue(Reason.PAGE_COUNT, f"{found} entries, {promised} by the page's own total"))
    # Without this a link in a circle would be followed until its entries repeat.
    if read.next_url and said.total_pages is not None and said.page >= said.total_pages:
        issues.append(ParseIssue(Reason.ENDLESS, f"a next link on page {said.page} of {said.total_pages}"))
    return issues


def check_length(at: Position, read: ListRead) -> list[ParseIssue]:
    """Whether a list may go on: each page of one without an end may hold new entries, and say so.

    Args:
        at: where the list stood before this page.
        read: the page.
    """
    if at.first_total is None:
        promised = read.counts.total_pages or 0
    else:
        promised = math.ceil(at.first_total / max(1, len(read.ids) + len(read.issues)))
    most = min(MOST_PAGES, max(UNPROMISED_PAGES, MOST_GROWTH * promised))
    if read.next_url is None or at.pages < most:
        return []
    return [ParseIssue(Reason.ENDLESS, f"page {at.pages + 1:,} of {promised:,}, and one more")]


def check_total(found: int, totals: list[int]) -> list[ParseIssue]:
    """Whether all entries of a list were read.

    Args:
        found: different entries, with those that could not be read.
        totals: what its first and its last page said; entries may come and go between the two.
    """
    if totals and not min(totals) <= found <= max(totals):
        return [ParseIssue(Reason.TOTAL_COUNT, f"{found} entries on all pages, {totals[-1]} by the site's own total")]
    return []
