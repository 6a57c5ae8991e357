"""Takes a page that was read: writes it, commits the progress and says which page is next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from opine_scraping.counts import check_page, check_total
from opine_scraping.items import CompanyItem
from opine_scraping.reasons import Fault, Reason
from opine_scraping.state.progress import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.items import Item
    from opine_scraping.outputs import Output, Written
    from opine_scraping.parsers.page import ListRead, Page
    from opine_scraping.reading.record import Record
    from opine_scraping.state.progress import Progress
    from opine_scraping.state.saved_copies import SavedCopies


MOST_REPEATS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    pages_per_list: int | None = None
    until_known: bool = False
    """Stop a list at its first page of nothing but known entries, if it was once read to its end."""


class Keeper:
    def __init__(self, output: Output, progress: Progress, record: Record, copies: SavedCopies, limits: Limits) -> None:
        self._output = output
        self._progress = progress
        self._limits = limits
        self._copies = copies
        self._repeats: Counter[str] = Counter()
        self._sent: set[str] = set()
        self.record = record

    def first_url(self, key: str, start_url: str) -> str | None:
        """The page that a list begins or goes on with; None if there is nothing left to read of it."""
        at = self._progress.position(key, start_url)
        return None if at is None or self._enough(at) else at.url

    def keep(self, key: str, start_url: str, page: Page, read: ListRead) -> str | None:
        """A page that was parsed.

        Returns:
            The next page's address, or None at the list's end.

        Raises:
            OutputError: it is not kept; the run must end.
        """
        at = self._progress.position(key, start_url) or Position(start_url)
        faults = [*read.faults, *check_page(read), *self._check_repeats(key, at, read)]
        # Known in the database may mean: written by this round before a kill.
        written_before = self._limits.until_known and self._progress.set_in_flight(key)
        written = self._output.write(self._unsent(key, read))
        self._count(read, written)
        self._reject(page, faults)
        reached = Position(
            url=read.next_url or page.url,
            pages=at.pages + 1,
            unread=at.unread + len(read.faults),
            troubled=at.troubled or bool(faults),
            first_total=at.first_total if at.pages else read.counts.total,
        )
        endless = any(fault.reason is Reason.ENDLESS for fault in faults)
        self._commit(key, reached, read.ids)
        if (
            self._limits.until_known
            and not written.new
            and not written_before
            and self._progress.was_read_to_the_end(key)
        ):
            self._progress.end_list(key, reached)
            return None
        if read.next_url is None or endless:
            self._end(key, page, reached, read)
            return None
        return None if self._enough(reached) else read.next_url

    def fail(self, url: str, fault: Fault, text: str | None = None) -> None:
        """A page that could not be read; its list stays where it is and is tried again by the next run of the round."""
        copy = self._copies.save(url, text) if text is not None else None
        self.record.reject(url, fault, copy)

    def _end(self, key: str, page: Page, at: Position, read: ListRead) -> None:
        totals = [total for total in (at.first_total, read.counts.total) if total is not None]
        faults = check_total(self._progress.seen(key) + at.unread, totals)
        self._reject(page, faults)
        self._progress.end_list(key, replace(at, troubled=at.troubled or bool(faults)))

    def _check_repeats(self, key: str, at: Position, read: ListRead) -> list[Fault]:
        """New entries push old ones to later pages; that explains some repeated pages, but not many in a row."""
        ids = set(read.ids)
        if not (at.pages and ids and self._progress.seen_before(key, ids) == len(ids)):
            self._repeats.pop(key, None)
            return []
        self._repeats[key] += 1
        if self._repeats[key] < MOST_REPEATS:
            return []
        return [Fault(Reason.ENDLESS, f"{MOST_REPEATS} pages in a row held only entries of earlier pages")]

    def _unsent(self, key: str, read: ListRead) -> list[Item]:
        """Without the company that heads a list of reviews, once a run has written it."""
        headed = key in self._sent
        self._sent.add(key)
        return [
            item
            for item in read.items
            if not (headed and isinstance(item, CompanyItem) and item.company not in read.ids)
        ]

    def _count(self, read: ListRead, written: Written) -> None:
        self.record.pages += 1
        self.record.items += written.new + written.already_there
        self.record.new_items += written.new
        self.record.duplicates += written.already_there
        self.record.entries += len(read.ids) + len(read.faults)

    def _reject(self, page: Page, faults: Sequence[Fault]) -> None:
        if faults:
            copy = self._copies.save(page.url, page.text)
            for fault in faults:
                self.record.reject(page.url, fault, copy)

    def _commit(self, key: str, at: Position, ids: Sequence[str]) -> None:
        so_far = self.record.report_if_killed()
        self._progress.advance(key, at, ids, (so_far.run_id, so_far.model_dump_json()))

    def _enough(self, at: Position) -> bool:
        return self._limits.pages_per_list is not None and at.pages >= self._limits.pages_per_list
