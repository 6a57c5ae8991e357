"""Brands, their sectors, and the counts of their reviews."""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.orm import Session

from opine_reviews.listing import CursorCodec, read_page
from opine_reviews.models import Brand, BrandMonth, BrandSource, Review, ScrapedCount
from opine_reviews.schemas.answers import (
    BrandName,
    LabelCounts,
    MonthAnswer,
    ScrapedAnswer,
    SectorAnswer,
    SourceName,
    SummaryAnswer,
    TrendAnswer,
    WeekAnswer,
)
from opine_reviews.schemas.requests import SLUG_PATTERN

_LONGEST_SLUG = 100
_STARS = (BrandMonth.stars_1, BrandMonth.stars_2, BrandMonth.stars_3, BrandMonth.stars_4, BrandMonth.stars_5)
_LABELS = (BrandMonth.label_bad, BrandMonth.label_average, BrandMonth.label_good)
_SUMMED = (*_STARS, *_LABELS, BrandMonth.corrected, BrandMonth.score_count, BrandMonth.score_sum)


@dataclass(frozen=True)
class CountedBrand:
    """A brand with the counts of its reviews."""

    brand: Brand
    # Of the reviews written here; `scraped` has what was read elsewhere.
    review_count: int
    average_stars: float | None
    scraped: list[ScrapedAnswer]


def get_brand(session: Session, slug: str) -> CountedBrand | None:
    """None if no listed brand has this slug."""
    return _one(session, _counted().where(Brand.slug == slug, Brand.listed))


def random_brand(session: Session, exclude: str | None) -> CountedBrand | None:
    """Any brand but `exclude`; None if there is no other."""
    chosen = select(Brand.id).where(Brand.listed).order_by(func.random()).limit(1)
    if exclude is not None:
        chosen = chosen.where(Brand.slug != exclude)
    return _one(session, _counted().where(Brand.id == chosen.scalar_subquery()))


def list_brands(
    session: Session,
    codec: CursorCodec,
    *,
    q: str | None,
    sector: str | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[CountedBrand], str | None]:
    """One page by relevance, name and id, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    # Goes into the cursor's MAC: a cursor is good for this search alone.
    query = json.dumps(["brands", q, sector])
    position = (_relevance(q), func.lower(Brand.name), Brand.id)
    statement = _counted().add_columns(position[0], position[1])
    listed = Brand.listed.expression if sector is None else Brand.listed & (Brand.sector == sector)
    statement = statement.where(listed)
    if q is not None:
        found = _contains(q)
        statement = statement.where(found | (_is_nearly(q) & ~exists().where(found, listed).correlate(None)))
    if cursor is not None:
        key, row_id = codec.decode(query, cursor)
        relevance, name = json.loads(str(key))
        statement = statement.where(tuple_(*position) > (relevance, name, row_id))
    rows, following = read_page(
        session,
        statement.order_by(*position),
        limit,
        lambda row: codec.encode(query, json.dumps([row[3], row[4]], ensure_ascii=False), row[0].id),
    )
    scraped = count_by_source(session, [row[0].slug for row in rows])
    return [CountedBrand(row[0], row[1], row[2], scraped.get(row[0].slug, [])) for row in rows], following


def add_brand_by_name(session: Session, slug: str, name: str, *, most: int) -> Brand | None:
    """The brand with this slug; None if making it would make more than `most` that nobody scraped.

    A new one is not listed before an admin approves it: its name may look like another's.
    """
    found = session.scalar(select(Brand).where(Brand.slug == slug))
    if found is not None:
        return found
    if (session.scalar(select(func.count()).where(Brand.origin != "scraped")) or 0) >= most:
        return None
    # Of two requests that add the same brand the second adds nothing, and both find it.
    added = insert(Brand).values(slug=slug, name=name, origin="route_of_2019", listed=False)
    session.execute(added.on_conflict_do_nothing(index_elements=[Brand.slug]))
    return session.scalars(select(Brand).where(Brand.slug == slug)).one()


def _counted() -> Select[Brand, int, float | None]:
    stars_sum = sum((number * column for number, column in enumerate(_STARS, start=1)), literal(0, Integer))
    review_count: ColumnElement[int] = func.coalesce(func.sum(BrandMonth.review_count), 0)
    average = func.sum(stars_sum) / func.nullif(func.sum(BrandMonth.review_count), 0)
    counts = (
        select(review_count.label("review_count"), average.label("average_stars"))
        .where(BrandMonth.brand_slug == Brand.slug)
        .lateral("counts")
    )
    return select(Brand, counts.c.review_count, counts.c.average_stars).join(counts, literal(value=True))


def _contains(q: str) -> ColumnElement[bool]:
    """Whether a name contains `q`, accents, punctuation, blanks and "and" aside, or just as it is."""
    folded = _joined(func.brand_search_text(q))
    return ((folded != "") & _joined(Brand.search_text).contains(folded)) | Brand.name.icontains(q, autoescape=True)


def _is_nearly(q: str) -> ColumnElement[bool]:
    """Whether a name, or a word of it, is `q` but for one typo."""
    typos: ColumnElement[list[str]] = func.brand_search_typos(_joined(func.brand_search_text(q)), type_=ARRAY(Text))
    return Brand.search_keys.op("&&", is_comparison=True)(typos)


def _joined(folded: SQLColumnExpression[str | None]) -> ColumnElement[str]:
    return func.replace(folded, " ", "")


def _relevance(q: str | None) -> ColumnElement[int]:
    """0 for the name itself, 1 for its beginning, 2 for the beginning of a word in it, 3 for the rest, 4 for a typo."""
    if q is None:
        # Not a bare 0, which PostgreSQL would take for the place of a column.
        return cast(0, Integer)
    folded: ColumnElement[str] = func.brand_search_text(q)
    return case(
        (_joined(Brand.search_text) == _joined(folded), 0),
        (_joined(Brand.search_text).startswith(_joined(folded)), 1),
        (func.concat(" ", Brand.search_text).contains(func.concat(" ", folded)), 2),
        (_contains(q), 3),
        else_=4,
    )


def _one(session: Session, statement: Select[Brand, int, float | None]) -> CountedBrand | None:
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    slug = row[0].slug
    return CountedBrand(row[0], row[1], row[2], count_by_source(session, [slug]).get(slug, []))


def list_sectors(session: Session) -> list[SectorAnswer]:
    """All by name. A brand that the 2019 route added has no sector and is counted nowhere."""
    statement = (
        select(Brand.sector, func.count())
        .where(Brand.sector.is_not(None), Brand.listed)
        .group_by(Brand.sector)
        .order_by(func.lower(Brand.sector), Brand.sector)
    )
    return [
        SectorAnswer(sector=sector, brand_count=count)
        for sector, count in session.execute(statement)
        if sector is not None
    ]


def is_slug(text: str) -> bool:
    """Whether a text could be a brand's slug."""
    return len(text) <= _LONGEST_SLUG and re.fullmatch(SLUG_PATTERN, text) is not None


def slugify(name: str) -> str:
    """Turn "L'Oréal Paris" into "l-oreal-paris". A name without Latin letters or digits gets a hash for a slug."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return slug or "brand-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def count_by_source(session: Session, slugs: Collection[str]) -> dict[str, list[ScrapedAnswer]]:
    """Each brand's sources by name, those without a review too. Where it is several companies: the one read last."""
    counted = (ScrapedCount.brand_slug == BrandSource.brand_slug) & (ScrapedCount.source == BrandSource.source)
    statement = (
        select(BrandSource, ScrapedCount)
        .join(ScrapedCount, counted, isouter=True)
        .where(BrandSource.brand_slug.in_(slugs))
        .ext(distinct_on(BrandSource.brand_slug, BrandSource.source))
        .order_by(BrandSource.brand_slug, BrandSource.source, BrandSource.read_at.desc())
    )
    found: dict[str, list[ScrapedAnswer]] = defaultdict(list)
    for company, count in session.execute(statement):
        if company.brand_slug is None:
            continue
        stars = [] if count is None else [getattr(count, f"stars_{number}") for number in range(1, 6)]
        found[company.brand_slug].append(
            ScrapedAnswer(
                source=SourceName.of(company.source),
                source_url=company.source_url,
                review_count=sum(stars),
                average_stars=_average_stars(stars) if any(stars) else None,
            )
        )
    return found


def summarise(session: Session, brand: BrandName) -> SummaryAnswer:
    """Reads only the counters: a brand's millionth review makes its summary no slower."""
    statement = (
        select(BrandMonth.month, *(func.sum(column) for column in _SUMMED))
        .where(BrandMonth.brand_slug == brand.slug)
        .group_by(BrandMonth.month)
        .having(func.sum(BrandMonth.review_count) > 0)
        .order_by(BrandMonth.month)
    )
    months = [(month, [float(count) for count in counts]) for month, *counts in session.execute(statement)]
    totals = [int(sum(counts[index] for _, counts in months)) for index in range(len(_SUMMED))]
    stars, labels = totals[:5], totals[5:8]
    return SummaryAnswer(
        brand=brand,
        review_count=sum(stars),
        average_stars=_average_stars(stars) if any(stars) else None,
        stars={"1": stars[0], "2": stars[1], "3": stars[2], "4": stars[3], "5": stars[4]},
        labels=LabelCounts(bad=labels[0], average=labels[1], good=labels[2]),
        corrected=totals[8],
        months=[
            MonthAnswer(
                month=f"{month:%Y-%m}",
                review_count=int(sum(counts[:5])),
                average_stars=_average_stars(counts[:5]),
                average_score=counts[10] / counts[9] if counts[9] else None,
            )
            for month, counts in months
        ],
    )


def weekly_trend(session: Session, brand: BrandName, *, weeks: int) -> TrendAnswer:
    """The last weeks that had reviews."""
    week = cast(func.date_trunc("week", func.timezone("UTC", Review.created_at)), Date)
    statement = (
        select(week, func.count(), func.avg(Review.stars), func.avg(Review.score))
        .where(Review.brand_slug == brand.slug)
        .group_by(week)
        .order_by(week.desc())
        .limit(weeks)
    )
    found = [
        WeekAnswer(week=monday, review_count=count, average_stars=stars, average_score=score)
        for monday, count, stars, score in session.execute(statement)
    ]
    return TrendAnswer(brand=brand, weeks=found[::-1])


def _average_stars(counts: Sequence[float]) -> float:
    """Of the number of reviews with 1 star, with 2, and so on."""
    return sum(number * count for number, count in enumerate(counts, start=1)) / sum(counts)
