"""Measures drift: what people write now against what they wrote before, both read by the live model tonight.

Two times are compared, a week with the four before it. Every review of both is read again, so that a new model version
is no change of language, and so that no word has to be kept that few people say. Of more reviews than are worth
reading a part is taken, by their ids; the words that can be named are chosen by a first look at the texts alone. So a
run's memory and time are bounded, and what it finds depends on the database, the model and the time only.
"""

import datetime as dt
import math
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, Protocol

from opine_common.prediction import Prediction, WordContribution
from sqlalchemy import Connection, Engine, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.drift.statistics import Share, population_stability_index
from opine_reviews.drift.verdict import judge
from opine_reviews.drift.words import LEAST_CLIENTS, PARTS, FoundWord, SaidWord, Word, WordCounts
from opine_reviews.models import DriftMeasurement
from opine_reviews.predictions import FailedText
from opine_reviews.schemas.drift import DriftReport, DriftWord, ShareAnswer, Source, SourceFigures
from opine_reviews.sentiment_bulk import BulkSentiment, ReadingError, in_requests
from opine_reviews.settings import CommandSettings
from opine_reviews.term_extraction import words_of

NOW = dt.timedelta(weeks=1)
BEFORE = dt.timedelta(weeks=4)
MOST_REVIEWS = 50_000
"""Of each source and time; of more, every second, third, ... id is read."""
LEAST_OBSERVATIONS = 500
"""For distributions, in either time: of fewer, chance alone can pass for another population."""
_KEPT = dt.timedelta(days=400)

_SCORE_BINS = 10
_LABELS = ("bad", "average", "good")
_LENGTH_BINS = 16
_RUN = re.compile(r"\S+")

# One salt a run: clients can be told apart within it, and with nothing outside of it.
_SALT = text("SELECT set_config('opine.salt', :salt, false)")
_COUNT = """
    SELECT count(*) FROM labelled_review WHERE source {is_own} 'opine' AND written_at >= :since AND written_at < :until
"""
_READ = """
    SELECT review.id, review.brand_slug, brand.sector, coalesce(nullif(review.text, ''), review.title) AS text,
           review.stars, review.suggested_stars, review.model_digest, review.written_at, review.client
    FROM labelled_review AS review JOIN brand ON brand.slug = review.brand_slug
    WHERE review.source {is_own} 'opine' AND review.written_at >= :since AND review.written_at < :until
          AND review.id % :every = 0 AND coalesce(nullif(review.text, ''), review.title) IS NOT NULL
    ORDER BY review.client, review.id
"""


@dataclass(frozen=True)
class Times:
    """Now is from `since` to `until`, before from `before` to `since`."""

    before: dt.datetime
    since: dt.datetime
    until: dt.datetime

    @property
    def part(self) -> dt.timedelta:
        return (self.until - self.since) / PARTS

    def part_of(self, moment: dt.datetime) -> int | None:
        return None if moment < self.since else min(PARTS - 1, (moment - self.since) // self.part)


@dataclass(frozen=True)
class StoredReview:
    """A review as the database has it; `client` is None where nobody knows."""

    id: int
    brand_slug: str
    sector: str | None
    text: str
    stars: int
    suggested_stars: int | None
    model_digest: str | None
    written_at: dt.datetime
    client: str | None

    @property
    def sectors(self) -> tuple[str | None, ...]:
        """Those that it counts in: its own, and all together."""
        return (None,) if self.sector is None else (None, self.sector)


@dataclass(frozen=True)
class ReadReview:
    stored: StoredReview
    prediction: Prediction
    # What was proposed, or for scraped reviews would be; None without a proposal that counts.
    proposed: int | None

    @property
    def is_corrected(self) -> bool:
        return self.proposed is not None and self.proposed != self.stored.stars


@dataclass
class _Figures:
    """Of one source in one time."""

    reviews: int = 0
    kept: int = 0
    proposals: int = 0
    foreign: int = 0
    texts: int = 0
    score: list[int] = field(default_factory=lambda: [0] * _SCORE_BINS)
    label: list[int] = field(default_factory=lambda: [0] * len(_LABELS))
    length: list[int] = field(default_factory=lambda: [0] * _LENGTH_BINS)


def last_night(now: dt.datetime) -> Times:
    """The weeks that end with the last day (UTC)."""
    until = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Times(until - NOW - BEFORE, until - NOW, until)


def is_measured(engine: Engine, times: Times) -> bool:
    """Whether there is a report of this time, or of a later one."""
    with Session(engine) as session:
        found = select(DriftMeasurement.until).where(DriftMeasurement.until >= times.until).exists()
        return bool(session.scalar(select(found)))


def measure(engine: Engine, settings: CommandSettings, times: Times) -> DriftReport:
    """Measure and store the report, in the place of an earlier one of the same time.

    Raises:
        ReadingError: the sentiment service had no answer, or its version changed meanwhile. Nothing is stored.
    """
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(_SALT, {"salt": secrets.token_hex()})
        reader = _Reader(connection, BulkSentiment(settings), times)
        figures, words = [], []
        sources: tuple[Source, ...] = ("people", "scraped")
        for source in sources:
            of_source, found = measure_source(reader, source, times)
            figures.append(of_source)
            words += [_answer(source, word) for word in found]
    reasons = judge(figures, words)
    report = DriftReport(
        until=times.until,
        since=times.since,
        before=times.before,
        model_digest=reader.model_digest,
        drifted=bool(reasons),
        reasons=reasons,
        figures=figures,
        words=words,
    )
    _store(engine, report)
    return report


def _store(engine: Engine, report: DriftReport) -> None:
    row = {"model_digest": report.model_digest, "drifted": report.drifted, "report": report.model_dump(mode="json")}
    statement = insert(DriftMeasurement).values(until=report.until, **row)
    with Session(engine) as session, session.begin():
        session.execute(statement.on_conflict_do_update(index_elements=[DriftMeasurement.until], set_=row))
        session.execute(delete(DriftMeasurement).where(DriftMeasurement.until < report.until - _KEPT))


class SourceReader(Protocol):
    """Reviews of one source in one time, one client's after the other's."""

    def stored(self, source: Source, *, now: bool) -> Iterator[StoredReview]: ...

    def read(self, source: Source, *, now: bool) -> Iterator[ReadReview]: ...


class _Reader:
    """Reads reviews with what the live model says of them now."""

    def __init__(self, connection: Connection, sentiment: BulkSentiment, times: Times) -> None:
        self._connection, self._sentiment, self._times = connection, sentiment, times
        self.model_digest: str | None = None

    def stored(self, source: Source, *, now: bool) -> Iterator[StoredReview]:
        since, until = (self._times.since, self._times.until) if now else (self._times.before, self._times.since)
        # Written out, so that PostgreSQL leaves the other part of the view alone.
        count, read = (text(one.format(is_own="=" if source == "people" else "<>")) for one in (_COUNT, _READ))
        bounds: dict[str, object] = {"since": since, "until": until}
        every = max(1, math.ceil((self._connection.scalar(count, bounds) or 0) / MOST_REVIEWS))
        rows = self._connection.execute(read, {**bounds, "every": every}, execution_options={"yield_per": 1000})
        return (StoredReview(*row) for row in rows)

    def read(self, source: Source, *, now: bool) -> Iterator[ReadReview]:
        for stored in in_requests(self.stored(source, now=now), lambda one: one.text):
            answers = self._sentiment.ask([one.text for one in stored])
            if self.model_digest not in {None, answers.model_digest}:
                raise ReadingError("another model version became live meanwhile")
            self.model_digest = answers.model_digest
            for one, prediction in zip(stored, answers.predictions, strict=True):
                if not isinstance(prediction, FailedText):
                    yield ReadReview(one, prediction, self._proposed(source, one, prediction, now=now))

    def _proposed(self, source: Source, stored: StoredReview, prediction: Prediction, *, now: bool) -> int | None:
        if source == "scraped":
            return prediction.stars if prediction.abstention is None else None
        # What an earlier version was told is no fault of this one; before, it is what people were used to.
        return stored.suggested_stars if not now or stored.model_digest == self.model_digest else None


def measure_source(reader: SourceReader, source: Source, times: Times) -> tuple[SourceFigures, list[FoundWord]]:
    counts = WordCounts(_choose(reader.stored(source, now=True), source))
    now, before = (_count(reader.read(source, now=is_now), source, times, counts) for is_now in (True, False))
    share = ShareAnswer
    figures = SourceFigures(
        source=source,
        reviews_now=now.reviews,
        reviews_before=before.reviews,
        agreement_now=share(hits=now.kept, of=now.proposals),
        agreement_before=share(hits=before.kept, of=before.proposals),
        language_now=share(hits=now.foreign, of=now.texts),
        language_before=share(hits=before.foreign, of=before.texts),
        stability={
            "score": _stability(now.score, before.score),
            "label": _stability(now.label, before.label),
            "length": _stability(now.length, before.length),
        },
    )
    return figures, counts.find(times.since, times.part)


def _stability(now: list[int], before: list[int]) -> float | None:
    if min(sum(now), sum(before)) < LEAST_OBSERVATIONS:
        return None
    return population_stability_index(now, before)


def _choose(reviews: Iterable[StoredReview], source: Source) -> list[Word]:
    """The words that enough clients say now."""
    clients: Counter[Word] = Counter()
    for _, group in groupby(reviews, key=lambda one: one.client or one.id):
        said: set[Word] = set()
        for one in group:
            if not _is_known(one, source):
                continue
            runs = [WordContribution(*run.span(), 0.0) for run in _RUN.finditer(one.text)]
            said.update(Word(sector, word) for word in words_of(one.text, runs) for sector in one.sectors)
        clients.update(said)
    return [word for word, number in clients.items() if number >= LEAST_CLIENTS]


def _is_known(review: StoredReview, source: Source) -> bool:
    """Whether it counts for a word: who is unknown may be somebody known. Elsewhere each review is a client's own."""
    return review.client is not None or source == "scraped"


def _count(reviews: Iterable[ReadReview], source: Source, times: Times, counts: WordCounts) -> _Figures:
    figures = _Figures()
    for _, group in groupby(reviews, key=lambda one: one.stored.client or one.stored.id):
        _add_client(list(group), source, times, figures, counts)
    return figures


def _add_client(reviews: list[ReadReview], source: Source, times: Times, figures: _Figures, counts: WordCounts) -> None:
    """What one client wrote in one day: one observation, whatever it wrote."""
    first = reviews[0]
    part = times.part_of(first.stored.written_at)
    figures.reviews += len(reviews)
    figures.texts += 1
    figures.foreign += first.prediction.abstention == "language"
    figures.length[min(_LENGTH_BINS - 1, len(first.stored.text).bit_length())] += 1
    if first.prediction.abstention is None:
        figures.score[min(_SCORE_BINS - 1, int(first.prediction.score * _SCORE_BINS))] += 1
        figures.label[_LABELS.index(first.prediction.label)] += 1
    said: dict[Word, SaidWord] = {}
    proposals: dict[str | None, list[bool]] = {}
    proposed: set[str] = set()
    for one in reviews:
        pulls = words_of(one.stored.text, one.prediction.words or ())
        if one.proposed is not None:
            proposed.update(pulls)
        for sector in one.stored.sectors:
            if one.proposed is not None:
                proposals.setdefault(sector, []).append(one.is_corrected)
            for word, pull in pulls.items():
                _add_word(said.setdefault(Word(sector, word), SaidWord()), one, pull)
    counts.add_observation(part, said, known=_is_known(first.stored, source))
    corrected = {sector: 2 * sum(found) > len(found) for sector, found in proposals.items()}
    if corrected:
        figures.proposals += 1
        figures.kept += not corrected[None]
        if part is not None:
            counts.add_proposals(corrected, proposed)


def _add_word(said: SaidWord, one: ReadReview, pull: float) -> None:
    said.brands.add(one.stored.brand_slug)
    if one.prediction.abstention is None:
        said.pulls.append(pull)
    if one.proposed is not None:
        said.shown += 1
        said.corrected += one.is_corrected
        said.stars += one.stored.stars - one.proposed


def _answer(source: Source, found: FoundWord) -> DriftWord:
    def share(one: Share) -> dict[str, Any]:
        return one._asdict()

    fields = {**asdict(found), "now": share(found.now), "before": found.before and share(found.before)}
    return DriftWord(source=source, **fields)
