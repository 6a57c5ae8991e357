"""What people praise in a brand and what they complain of, over all of its reviews that were read.

A term is ranked by the sum of its pulls, so by how often it is said and how strongly it speaks. Whoever says the same
again on the same day counts once, and what fewer than two say is no theme.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from opine_reviews.models import BrandTerm, ReviewReading, ReviewTerm
from opine_reviews.schemas.answers import BrandName, TermAnswer, TermsAnswer
from opine_reviews.term_extraction import canonical

Trend = Literal["rising", "falling", "steady"]

# So many days are "lately"; the trend of a term compares them with all before.
RECENT_DAYS = 28
# Shares that differ by less are alike.
_RATIO = 1.5
# Reviews lately, said or expected to: of fewer, one more or less would be a trend.
_LEAST_REVIEWS = 3
# Of a review, in the model's units: what says less on average is there by chance.
_LEAST_MEAN_PULL = 0.25
# Looked at for each list, before what says the same as another is left out.
_CANDIDATES = 40


@dataclass(frozen=True)
class CountedTerm:
    """A term of a brand; `pull` is the sum over the clients that said it."""

    term: str
    reviews: int
    clients: int
    pull: float

    @property
    def words(self) -> list[str]:
        return self.term.split(" ")


def brand_terms(session: Session, brand: BrandName, *, today: dt.date, limit: int) -> TermsAnswer:
    """At most `limit` terms each way, half of them phrases where there are enough.

    Reads sums that are kept, and of single reviews only those of the terms that are answered, lately.
    """
    praise = without_name(_strongest(session, brand.slug, _PRAISE), brand.name)
    complaints = without_name(_strongest(session, brand.slug, _COMPLAINTS), brand.name)
    chosen = {
        "praise": choose(praise, [*praise, *complaints], limit),
        "complaints": choose(complaints, [*praise, *complaints], limit),
    }
    since = today - dt.timedelta(days=RECENT_DAYS - 1)
    counts = select(func.count(), func.count().filter(ReviewReading.written_on >= since))
    read, recent = session.execute(counts.where(ReviewReading.brand_slug == brand.slug)).one()
    said_lately = _recent_counts(session, brand.slug, [term.term for terms in chosen.values() for term in terms], since)

    def answer(term: CountedTerm) -> TermAnswer:
        lately = said_lately.get(term.term, 0)
        return TermAnswer(
            term=term.term,
            review_count=term.reviews,
            mean_pull=term.pull / term.clients,
            recent_count=lately,
            trend=trend(lately, recent, term.reviews - lately, read - recent),
        )

    return TermsAnswer(
        brand=brand, read_count=read, **{name: [answer(term) for term in terms] for name, terms in chosen.items()}
    )


_PRAISE = (BrandTerm.pull_sum > 0, BrandTerm.pull_sum.desc())
_COMPLAINTS = (BrandTerm.pull_sum < 0, BrandTerm.pull_sum.asc())


def _strongest(
    session: Session, slug: str, order: tuple[ColumnElement[bool], ColumnElement[Decimal]]
) -> list[CountedTerm]:
    """Single words and phrases, each kind so that it does not push out the other."""
    direction, by_pull = order
    is_phrase = func.strpos(BrandTerm.term, " ") > 0
    found: list[CountedTerm] = []
    for kind in (is_phrase, ~is_phrase):
        statement = (
            select(BrandTerm)
            .where(BrandTerm.brand_slug == slug, BrandTerm.client_count > 1, direction, kind)
            .order_by(by_pull, BrandTerm.term)
            .limit(_CANDIDATES)
        )
        found += [
            CountedTerm(row.term, row.review_count, row.client_count, float(row.pull_sum))
            for row in session.scalars(statement)
            if abs(row.pull_sum) >= _LEAST_MEAN_PULL * row.client_count
        ]
    return found


def _recent_counts(session: Session, slug: str, terms: Sequence[str], since: dt.date) -> dict[str, int]:
    statement = (
        select(ReviewTerm.term, func.count())
        .where(ReviewTerm.brand_slug == slug, ReviewTerm.term.in_(terms), ReviewTerm.written_on >= since)
        .group_by(ReviewTerm.term)
    )
    return dict(session.execute(statement).all())


def without_name(terms: Iterable[CountedTerm], name: str) -> list[CountedTerm]:
    """Those in which the brand is not named: its own name says nothing of it."""
    named = set(canonical(name).split(" "))
    return [term for term in terms if named.isdisjoint(term.words)]


def choose(terms: Sequence[CountedTerm], others: Sequence[CountedTerm], limit: int) -> list[CountedTerm]:
    """The strongest, half of them phrases, without what says the same as another.

    Args:
        terms: strongest first.
        others: all that the brand has, of which phrases may be pieces: "great customer" of "customer service".
        limit: how many at most.
    """
    longer = [term for term in others if len(term.words) > 1]
    phrases = [term for term in terms if len(term.words) > 1 and not _is_piece(term, longer)][: (limit + 1) // 2]
    words = [term for term in terms if len(term.words) == 1 and not _is_mostly_within(term, phrases)]
    chosen = [*phrases, *words[: limit - len(phrases)]]
    return sorted(chosen, key=lambda term: (-abs(term.pull), term.term))


def _is_piece(phrase: CountedTerm, longer: Iterable[CountedTerm]) -> bool:
    first, last = phrase.words[0], phrase.words[-1]
    return any(
        other.reviews > 2 * phrase.reviews and (other.words[0] == last or other.words[-1] == first) for other in longer
    )


def _is_mostly_within(word: CountedTerm, phrases: Iterable[CountedTerm]) -> bool:
    return any(word.term in phrase.words and 2 * phrase.reviews >= word.reviews for phrase in phrases)


def trend(recent: int, all_recent: int, before: int, all_before: int) -> Trend | None:
    """Whether a larger share of the reviews say it lately than before; None if too few reviews could tell.

    Args:
        recent: reviews that say it lately.
        all_recent: all reviews lately.
        before: reviews that said it before.
        all_before: all reviews before.
    """
    if not all_recent or not all_before:
        return None
    expected = all_recent * before / all_before
    if max(recent, expected) < _LEAST_REVIEWS:
        return None
    if recent >= _RATIO * expected:
        return "rising"
    return "falling" if expected >= _RATIO * recent else "steady"
