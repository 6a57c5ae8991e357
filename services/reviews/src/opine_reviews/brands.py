"""Brands and the counts of their reviews."""

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.cursors import CursorCodec, read_page
from opine_reviews.models import Brand, BrandMonth
from opine_reviews.scraped.counts import SourceCount, count_by_source

_STARS = (BrandMonth.stars_1, BrandMonth.stars_2, BrandMonth.stars_3, BrandMonth.stars_4, BrandMonth.stars_5)


@dataclass(frozen=True)
class CountedBrand:
    brand: Brand
    # Of the reviews written here; `scraped` has what was read elsewhere.
    review_count: int
    average_stars: float | None
    scraped: list[SourceCount]


def get_brand(session: Session, slug: str) -> CountedBrand | None:
    return _one(session, _counted().where(Brand.slug == slug))


def random_brand(session: Session, exclude: str | None) -> CountedBrand | None:
    """Any brand but `exclude`; None if there is no other."""
    chosen = select(Brand.id).order_by(func.random()).limit(1)
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
    query = json.dumps(["brands", q, sector])
    position = (_relevance(q), func.lower(Brand.name), Brand.id)
    statement = _counted().add_columns(position[0], position[1])
    if q is not None:
        statement = statement.where(Brand.name.icontains(q, autoescape=True))
    if sector is not None:
        statement = statement.where(Brand.sector == sector)
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
    """The brand with this slug, made if need be; None if that would make more than `most` that nobody scraped."""
    found = session.scalar(select(Brand).where(Brand.slug == slug))
    if found is not None:
        return found
    if (session.scalar(select(func.count()).where(Brand.origin != "scraped")) or 0) >= most:
        return None
    added = insert(Brand).values(slug=slug, name=name, origin="route_of_2019")
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


def _relevance(q: str | None) -> ColumnElement[int]:
    """0 for the name itself, 1 for its beginning, 2 for the beginning of a word in it, 3 for the rest."""
    if q is None:
        # Not a bare 0, which PostgreSQL would take for the place of a column.
        return cast(0, Integer)
    return case(
        (func.lower(Brand.name) == func.lower(q), 0),
        (Brand.name.istartswith(q, autoescape=True), 1),
        (Brand.name.icontains(" " + q, autoescape=True), 2),
        else_=3,
    )


def _one(session: Session, statement: Select[Brand, int, float | None]) -> CountedBrand | None:
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    slug = row[0].slug
    return CountedBrand(row[0], row[1], row[2], count_by_source(session, [slug]).get(slug, []))
