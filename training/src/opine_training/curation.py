"""Which of the collected reviews are learned from, so that nobody can teach a model alone.

Everybody may write a review, so what was written is judged before it teaches: bursts that no crowd makes are set aside
for a person to see, copies count once, and no client, brand or day has more than its share. All of it follows from the
reviews alone: the same reviews give the same choice.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from opine_training.config import require_positive, require_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

Reason = Literal["one client in a burst", "one text in a burst", "duplicate", "client's share", "brand's share",
                 "day's share"]  # fmt: skip
OPEN_SOURCE = "opine"
"""Where anybody may write; what was read elsewhere comes by our own hand."""
_BANDS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """How much of one kind is too much."""

    burst: int = 5
    """So many reviews of one client, or of one text, within `burst_s` are set aside, with all of that client's day."""
    burst_s: int = 600
    """Seconds."""
    client: int = 5
    """Most reviews of a client; clients are told apart within one day."""
    brand_share: float = 0.2
    """Of all reviews, the most that are about one brand."""
    day_share: float = 0.1
    """Of all reviews, the most that were written on one day."""
    least: int = 200
    """A brand or a day may always have so many: shares of a few reviews mean nothing."""
    similarity: float = 0.8
    """A review whose estimated Jaccard similarity to an older one reaches this is its duplicate."""

    def __post_init__(self) -> None:
        require_positive(self, "burst", "burst_s", "client", "least")
        require_shares(self, "brand_share", "day_share", "similarity")


@dataclass(frozen=True, slots=True)
class Entry:
    """A review without its words."""

    source: str
    id: int
    brand: str
    written_at: datetime
    """In UTC."""
    client: str | None
    stars: int
    digest: int
    """64 bits of the normalised text's hash."""
    signature: NDArray[np.uint32] | None
    """MinHash of the text; None of a short one."""
    fingerprint: bytes
    """SHA-256 of all that is written of it."""

    @property
    def day(self) -> date:
        return self.written_at.date()


@dataclass(frozen=True, slots=True)
class Curation:
    """What was chosen of the entries."""

    kept: list[Entry]
    """By time, source and id."""
    left_out: Counter[Reason] = field(default_factory=Counter)
    quarantined: list[tuple[Entry, Reason]] = field(default_factory=list)


def curate(entries: Iterable[Entry], guards: Guards) -> Curation:
    """Choose by the guards, in the order in which `Reason` names them."""
    found = Curation(sorted(entries, key=lambda entry: (entry.written_at, entry.source, entry.id)))
    _quarantine(found, guards)
    _keep_once(found, guards.similarity)
    _cap(found, "client's share", lambda entry: entry.client, guards.client, by_time=True)
    for reason, group, share in (
        ("brand's share", lambda entry: entry.brand, guards.brand_share),
        ("day's share", lambda entry: entry.day, guards.day_share),
    ):
        _cap(found, reason, group, max(guards.least, int(share * len(found.kept))))  # type: ignore[arg-type]
    return found


def _quarantine(found: Curation, guards: Guards) -> None:
    written_here = [entry for entry in found.kept if entry.source == OPEN_SOURCE]
    clients = _in_bursts(written_here, lambda entry: entry.client, guards)
    texts = _in_bursts(written_here, lambda entry: entry.digest, guards)
    kept = []
    for entry in found.kept:
        if entry.source == OPEN_SOURCE and entry.client in clients:
            found.quarantined.append((entry, "one client in a burst"))
        elif entry.source == OPEN_SOURCE and entry.digest in texts:
            found.quarantined.append((entry, "one text in a burst"))
        else:
            kept.append(entry)
    found.kept[:] = kept


def _in_bursts(entries: Sequence[Entry], group: Callable[[Entry], Hashable], guards: Guards) -> set[Hashable]:
    times: defaultdict[Hashable, list[datetime]] = defaultdict(list)
    for entry in entries:
        times[group(entry)].append(entry.written_at)
    times.pop(None, None)
    window, size = timedelta(seconds=guards.burst_s), guards.burst
    return {
        name
        for name, each in times.items()
        if any(last - first <= window for first, last in zip(each, each[size - 1 :], strict=False))
    }


def _keep_once(found: Curation, similarity: float) -> None:
    digests: set[int] = set()
    bands: defaultdict[tuple[int, bytes], list[NDArray[np.uint32]]] = defaultdict(list)
    kept = []
    for entry in found.kept:
        hashes = entry.signature
        keys = [] if hashes is None else _band_keys(hashes)
        likely = (other for key in keys for other in bands[key])
        if entry.digest in digests or any(np.mean(other == hashes) >= similarity for other in likely):
            found.left_out["duplicate"] += 1
            continue
        digests.add(entry.digest)
        if hashes is not None:
            for key in keys:
                bands[key].append(hashes)
        kept.append(entry)
    found.kept[:] = kept


def _band_keys(hashes: NDArray[np.uint32]) -> list[tuple[int, bytes]]:
    return [(band, part.tobytes()) for band, part in enumerate(np.split(hashes, _BANDS))]


def _cap(
    found: Curation, reason: Reason, group: Callable[[Entry], Hashable], most: int, *, by_time: bool = False
) -> None:
    """Of each group the first ones, by time or as a hash of source and number, which no writer chooses, draws them."""
    counts: Counter[Hashable] = Counter()
    chosen = set()
    for entry in found.kept if by_time else sorted(found.kept, key=_lot):
        name = group(entry)
        counts[name] += 1
        if name is None or counts[name] <= most:
            chosen.add((entry.source, entry.id))
    before = len(found.kept)
    found.kept[:] = [entry for entry in found.kept if (entry.source, entry.id) in chosen]
    found.left_out[reason] += before - len(found.kept)


def _lot(entry: Entry) -> bytes:
    return hashlib.sha256(f"{entry.source} {entry.id}".encode()).digest()
