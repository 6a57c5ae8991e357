"""Which words speak otherwise than before, and which the model does not know how to read.

All that is counted here are observations: what one client said in one day of the reviews of one source, whatever
number of reviews it wrote. Who is unknown counts as one client a review.

A word is *turned* where the share of observations in which it speaks against the brand, or for it, has changed by a
fifth at least. It is *misread* where proposals are corrected more often with it than without it, and more often than
it was before; one that nobody said before is judged by the first alone. So a model that fails everywhere names no
word, nor does a word that was always hard, nor one that merely stands beside a misread one.

Whose words are counted must not be found out, nor a person be named: a word is named where it occurs in
`LEAST_CLIENTS` observations, `LEAST_A_DAY` of them of one day, and of two brands. A client's hash changes daily, so
that one is up to 8 observations of a week, and only those of one day are certainly of as many clients.
"""

import datetime as dt
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from opine_reviews.drift.statistics import Share, discoveries, onset, p_value_of_change, p_value_of_rise
from opine_reviews.term_extraction import LEAST_PULL

PARTS = 7
"""Of the time now, of equal length: days, where it is a week."""
LEAST_CLIENTS = 15
LEAST_A_DAY = 5
LEAST_DIFFERENCE = 0.2
"""Of shares: less is not worth a word, however sure."""
FALSE_DISCOVERY_RATE = 0.001
MOST_WORDS = 20
"""Named of each signal and source."""

Signal = Literal["turned", "misread"]
Direction = Literal["against", "for"]

# What is left of a word without the surer ones' observations is tested once more, by itself.
_SURE_ALONE = 0.01

_BEFORE = PARTS
_FIGURES = 8
_KNOWN, _SAID, _AGAINST, _FOR, _PULL, _SHOWN, _CORRECTED, _STARS = range(_FIGURES)


class Word(NamedTuple):
    """A word in the reviews of one sector; with None of all sectors together."""

    sector: str | None
    text: str


@dataclass
class SaidWord:
    """What one client said with a word in a day: sums over its reviews."""

    pulls: list[float] = field(default_factory=list)
    shown: int = 0
    corrected: int = 0
    stars: int = 0
    """Those given above those proposed, where they are others."""
    brands: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class FoundWord:
    """A word with what has changed; shares are of observations."""

    signal: Signal
    text: str
    sector: str | None
    now: Share
    before: Share | None
    """None where hardly anybody said it before."""
    direction: Direction
    """What it speaks for more often now, or less; of a misread word, where people correct the stars to."""
    difference: float
    """Of its mean pull, in the model's units, or the mean of the stars given above those proposed."""
    since: dt.datetime
    p_value: float


class WordCounts:
    """Of one source. The words are chosen first, so that what is kept does not grow with the number of reviews."""

    def __init__(self, chosen: Iterable[Word]) -> None:
        self._counts = {word: array("f", bytes(4 * (PARTS + 1) * _FIGURES)) for word in chosen}
        self._brands: dict[Word, str | None] = {}
        self._numbers = {text: number for number, text in enumerate(dict.fromkeys(word.text for word in self._counts))}
        # Each observation of proposals now, with the chosen words by their numbers.
        self._observed: list[tuple[Mapping[str | None, bool], array[int]]] = []
        # Of all observations, with whatever words.
        self._proposals: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0])

    def add_observation(self, part: int | None, words: Mapping[Word, SaidWord], *, known: bool) -> None:
        """One client's day.

        Args:
            part: of now; None before it.
            words: what the client said.
            known: whether this is certainly no other observation's client.
        """
        for word, said in words.items():
            if (counts := self._counts.get(word)) is None:
                continue
            place = (_BEFORE if part is None else part) * _FIGURES
            counts[place + _KNOWN] += known
            if said.pulls:
                pull = sum(said.pulls) / len(said.pulls)
                counts[place + _SAID] += 1
                counts[place + _PULL] += pull
                counts[place + _AGAINST] += pull <= -LEAST_PULL
                counts[place + _FOR] += pull >= LEAST_PULL
            if said.shown:
                counts[place + _SHOWN] += 1
                if 2 * said.corrected > said.shown:
                    counts[place + _CORRECTED] += 1
                    counts[place + _STARS] += said.stars / said.corrected
            if part is not None:
                first, *more = sorted(said.brands)
                # None: of several, which stays so.
                brand = self._brands.setdefault(word, first)
                self._brands[word] = None if more or brand != first else brand

    def add_proposals(self, corrected: Mapping[str | None, bool], words: Iterable[str]) -> None:
        """One client's day of proposals that were shown now.

        Args:
            corrected: by sector, and for all together, whether most of them were.
            words: of their texts.
        """
        for sector, is_corrected in corrected.items():
            self._proposals[sector][0] += is_corrected
            self._proposals[sector][1] += 1
        said = array("I", (number for word in words if (number := self._numbers.get(word)) is not None))
        self._observed.append((corrected, said))

    def find(self, since: dt.datetime, part: dt.timedelta) -> list[FoundWord]:
        """The words of either signal, surest first; each once, where it is surest.

        Args:
            since: when now begins.
            part: how long each part of it is.
        """
        moments = [since + number * part for number in range(PARTS)]
        tests, tried = 0, []
        for word in self._counts:
            if not self._may_be_named(word):
                continue
            for test in (self._turned, self._misread):
                number, found = test(word, moments)
                tests += number
                tried += found
        limit = discoveries([one.p_value for one in tried], tests, FALSE_DISCOVERY_RATE) if tests else 0.0
        surest: dict[tuple[Signal, str], FoundWord] = {}
        for one in sorted(tried, key=lambda one: (one.p_value, one.text, one.sector or "", one.direction)):
            if one.p_value <= limit:
                surest.setdefault((one.signal, one.text), one)
        misread, turned = ([one for one in surest.values() if one.signal == signal] for signal in ("misread", "turned"))
        return [*self._without_companions(misread)[:MOST_WORDS], *turned[:MOST_WORDS]]

    def _without_companions(self, found: Sequence[FoundWord]) -> list[FoundWord]:
        """Without those that are corrected only where a surer one is said as well, as in the same sentence."""
        kept: list[FoundWord] = []
        left = self._observed
        for one in found:
            number = self._numbers[one.text]
            counted = [(corrected[one.sector], number in said) for corrected, said in left if one.sector in corrected]
            alone, others = (
                Share(sum(hit for hit, says in counted if says == with_it), sum(says == with_it for _, says in counted))
                for with_it in (True, False)
            )
            if alone.ratio - others.ratio >= LEAST_DIFFERENCE and p_value_of_rise(alone, others) <= _SURE_ALONE:
                kept.append(one)
                left = [(corrected, said) for corrected, said in left if number not in said]
        return kept

    def _may_be_named(self, word: Word) -> bool:
        clients = [self._counts[word][part * _FIGURES + _KNOWN] for part in range(PARTS)]
        is_of_several_brands = self._brands.get(word, "") is None
        return sum(clients) >= LEAST_CLIENTS and max(clients) >= LEAST_A_DAY and is_of_several_brands

    def _turned(self, word: Word, moments: list[dt.datetime]) -> tuple[int, list[FoundWord]]:
        said_now, said_before = self._sum(word, _SAID, now=True), self._sum(word, _SAID, now=False)
        if min(said_now, said_before) < LEAST_CLIENTS:
            return 0, []
        found = []
        pull = self._sum(word, _PULL, now=True) / said_now - self._sum(word, _PULL, now=False) / said_before
        ways: tuple[tuple[Direction, int], ...] = (("against", _AGAINST), ("for", _FOR))
        for direction, figure in ways:
            now, before = self._share(word, figure, _SAID, now=True), self._share(word, figure, _SAID, now=False)
            if abs(now.ratio - before.ratio) >= LEAST_DIFFERENCE:
                found.append(
                    FoundWord(
                        signal="turned",
                        text=word.text,
                        sector=word.sector,
                        now=now,
                        before=before,
                        direction=direction,
                        difference=pull,
                        since=moments[onset(self._parts(word, figure, _SAID), before.ratio)],
                        p_value=p_value_of_change(now, before),
                    )
                )
        return len(ways), found

    def _misread(self, word: Word, moments: list[dt.datetime]) -> tuple[int, list[FoundWord]]:
        now = self._share(word, _CORRECTED, _SHOWN, now=True)
        if now.of < LEAST_CLIENTS:
            return 0, []
        corrected, shown = self._proposals[word.sector]
        others = Share(max(0, corrected - now.hits), max(0, shown - now.of))
        before = self._share(word, _CORRECTED, _SHOWN, now=False)
        compared = [others, before] if before.of >= LEAST_CLIENTS else [others]
        usual = max((one.ratio for one in compared if one.of), default=1.0)
        if now.ratio - usual < LEAST_DIFFERENCE:
            return 1, []
        stars = self._sum(word, _STARS, now=True) / now.hits
        found = FoundWord(
            signal="misread",
            text=word.text,
            sector=word.sector,
            now=now,
            before=before if before.of >= LEAST_CLIENTS else None,
            direction="for" if stars > 0 else "against",
            difference=stars,
            since=moments[onset(self._parts(word, _CORRECTED, _SHOWN), usual)],
            # All of them must be refuted: the weakest counts.
            p_value=max(p_value_of_rise(now, one) for one in compared),
        )
        return 1, [found]

    def _share(self, word: Word, hits: int, of: int, *, now: bool) -> Share:
        return Share(round(self._sum(word, hits, now=now)), round(self._sum(word, of, now=now)))

    def _parts(self, word: Word, hits: int, of: int) -> list[Share]:
        counts = self._counts[word]
        return [
            Share(round(counts[part * _FIGURES + hits]), round(counts[part * _FIGURES + of])) for part in range(PARTS)
        ]

    def _sum(self, word: Word, figure: int, *, now: bool) -> float:
        parts: Iterator[int] = iter(range(PARTS)) if now else iter([_BEFORE])
        return sum(self._counts[word][part * _FIGURES + figure] for part in parts)
