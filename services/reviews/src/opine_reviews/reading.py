"""Reads reviews for what they say: asks the sentiment service what each word contributes and keeps the strongest.

A review is read once it is stored, by a command that runs beside the API, so that nobody who submits one waits for it.
Runs may overlap, be killed and be repeated: whoever commits a review's reading first has read it, and what is not read
is read by the next run.
"""

import logging
from collections.abc import Iterator, Sequence

from opine_common.prediction import Prediction
from psycopg2 import errorcodes as pgcodes
from sqlalchemy import ARRAY, REAL, Connection, Engine, Text, bindparam, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, load_only

from opine_reviews.models import Review, ReviewReading
from opine_reviews.predictions import FailedText
from opine_reviews.sentiment_bulk import BulkSentiment, ReadingError, in_requests
from opine_reviews.settings import CommandSettings
from opine_reviews.term_extraction import extract_terms

logger = logging.getLogger(__name__)

_BATCH = 200
# One after the other: the service is away, and not a text at fault.
_MOST_FAILURES = 3

# How long a review that is being deleted is waited for before it is skipped. `FOR KEY SHARE SKIP LOCKED` would not
# wait, but needs the right to change the row. What a crash of PostgreSQL loses is read again.
_WAIT_BRIEFLY = text("SET LOCAL lock_timeout = '500ms'; SET LOCAL synchronous_commit = off")
_SKIPPED = frozenset({pgcodes.LOCK_NOT_AVAILABLE, pgcodes.FOREIGN_KEY_VIOLATION})

_KEEP_READING = text("""
    INSERT INTO review_reading (review_id, brand_slug, written_on, model_digest)
    SELECT id, brand_slug, (created_at AT TIME ZONE 'UTC')::date, :digest
    FROM review WHERE id = :id
    ON CONFLICT DO NOTHING RETURNING review_id
""")
# A client's hash is of one day, so that its other reviews of the brand are all of that day.
_KEEP_TERMS = text("""
    WITH said_before AS (
        SELECT before.term FROM review AS own
        JOIN review AS other ON other.brand_slug = own.brand_slug AND other.client_hash = own.client_hash
            AND other.created_at >= date_trunc('day', own.created_at, 'UTC')
            AND other.created_at < date_trunc('day', own.created_at, 'UTC') + interval '1 day'
        JOIN review_term AS before ON before.review_id = other.id
        WHERE own.id = :id
    )
    INSERT INTO review_term (review_id, term, brand_slug, written_on, pull, repeated)
    SELECT review_id, said.term, brand_slug, written_on, said.pull, said.term IN (SELECT term FROM said_before)
    FROM review_reading, unnest(:terms, :pulls) AS said (term, pull)
    WHERE review_id = :id
""").bindparams(bindparam("terms", type_=ARRAY(Text)), bindparam("pulls", type_=ARRAY(REAL)))


class ReviewReader:
    def __init__(self, engine: Engine, settings: CommandSettings) -> None:
        self._engine = engine
        self._sentiment = BulkSentiment(settings)

    def read_all(self) -> int:
        """Read the reviews that are not read yet, newest first; the number of those that were.

        Raises:
            ReadingError: for some the sentiment service had no answer, the others are read.
            sqlalchemy.exc.DBAPIError: what was read before is kept.
        """
        read, failures, last_error = 0, 0, None
        for reviews in self._unread():
            try:
                read += self._read(reviews)
            except ReadingError as error:
                last_error = error
                failures += 1
                if failures == _MOST_FAILURES:
                    break
            else:
                failures = 0
        if last_error is not None:
            raise last_error
        return read

    def _unread(self) -> Iterator[list[Review]]:
        """As many at a time as one request asks for. Each is seen once, so that none stands in the others' way."""
        read = select(ReviewReading.review_id).where(ReviewReading.review_id == Review.id).exists()
        unread = select(Review).options(load_only(Review.text)).where(~read).order_by(Review.id.desc())
        page = unread.limit(_BATCH)
        while True:
            with Session(self._engine) as session:
                reviews = list(session.scalars(page))
            yield from in_requests(reviews, lambda review: review.text)
            if len(reviews) < _BATCH:
                return
            page = unread.where(Review.id < reviews[-1].id).limit(_BATCH)

    def _read(self, reviews: Sequence[Review]) -> int:
        answers = self._sentiment.ask([review.text for review in reviews])
        read = 0
        with self._engine.connect() as connection:
            for review, prediction in zip(reviews, answers.predictions, strict=True):
                if isinstance(prediction, FailedText) and prediction.error.code == "internal":
                    logger.warning(
                        "a review could not be read", extra={"review": review.id, "error": prediction.error.message}
                    )
                    continue
                read += _keep(connection, review, prediction, answers.model_digest)
        return read


def _keep(connection: Connection, review: Review, prediction: Prediction | FailedText, digest: str) -> int:
    """Store what a review says; 0 if it was read meanwhile, or goes. One that cannot be judged says nothing.

    Each in a transaction of its own: while this waits for a review that is being deleted, it holds nothing that whoever
    deletes may wait for, neither another review nor the lock of the counts.
    """
    judged = prediction if isinstance(prediction, Prediction) and prediction.abstention is None else None
    words = (judged and judged.words) or ()
    try:
        terms = extract_terms(review.text, words)
    except ValueError as error:
        raise ReadingError(f"the sentiment service answered words of another text: {error}") from error
    of_terms = {"terms": [term.text for term in terms], "pulls": [term.pull for term in terms]}
    try:
        with connection.begin():
            connection.execute(_WAIT_BRIEFLY)
            if connection.scalar(_KEEP_READING, {"id": review.id, "digest": digest}) is None:
                return 0
            if terms:
                connection.execute(_KEEP_TERMS, {"id": review.id, **of_terms})
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) not in _SKIPPED:
            raise
        return 0
    return 1
