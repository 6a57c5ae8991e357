"""Routes of brands and sectors."""

import datetime as dt

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from opine_common.problems import Problem

from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.brands import (
    CountedBrand,
    get_brand,
    is_slug,
    list_brands,
    list_sectors,
    random_brand,
    summarise,
    weekly_trend,
)
from opine_reviews.dependencies import dependencies
from opine_reviews.schemas.answers import (
    BrandAnswer,
    BrandName,
    BrandPage,
    RisingBrandList,
    SectorList,
    SummaryAnswer,
    TermsAnswer,
    TrendAnswer,
)
from opine_reviews.schemas.requests import BrandListQuery, BrandPath, RandomBrandQuery, TermsQuery, TrendQuery
from opine_reviews.terms import brand_terms

brands = APIBlueprint("brands", __name__, url_prefix="/api/v1")
sectors = APIBlueprint("sectors", __name__, url_prefix="/api/v1")
rising = APIBlueprint("rising", __name__, url_prefix="/api/v1")


@brands.get("/brands", responses={200: BrandPage, **problems(422, 503)})
def get_brands(query: BrandListQuery) -> Response:
    """Brands by relevance, then name."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = list_brands(
            session,
            own.cursors,
            q=query.q,
            sector=query.sector,
            limit=query.limit,
            cursor=query.cursor,
        )
    return json_answer(BrandPage(items=[_brand_answer(brand) for brand in found], next_cursor=next_cursor))


@brands.get("/brands/random", responses={200: BrandAnswer, **problems(404, 422, 503)})
def get_random_brand(query: RandomBrandQuery) -> Response:
    """One brand, any but the excluded one."""
    with dependencies().database.transaction() as session:
        found = random_brand(session, query.exclude)
    return json_answer(_brand_answer(_required(found)))


@brands.get("/brands/<slug>", responses={200: BrandAnswer, **problems(404, 422, 503)})
def get_one_brand(path: BrandPath) -> Response:
    """A brand with the count and average of its reviews."""
    _require_slug(path.slug)
    with dependencies().database.transaction() as session:
        found = get_brand(session, path.slug)
    return json_answer(_brand_answer(_required(found)))


@brands.get("/brands/<slug>/summary", responses={200: SummaryAnswer, **problems(404, 422, 503)})
def get_summary(path: BrandPath) -> Response:
    """A brand's reviews in numbers, by month."""
    _require_slug(path.slug)
    with dependencies().database.transaction() as session:
        brand = _required(get_brand(session, path.slug)).brand
        summary = summarise(session, BrandName(slug=brand.slug, name=brand.name))
    return json_answer(summary)


@brands.get("/brands/<slug>/terms", responses={200: TermsAnswer, **problems(404, 422, 503)})
def get_terms(path: BrandPath, query: TermsQuery) -> Response:
    """What people praise in a brand and what they complain of."""
    _require_slug(path.slug)
    with dependencies().database.transaction() as session:
        brand = _required(get_brand(session, path.slug)).brand
        name = BrandName(slug=brand.slug, name=brand.name)
        terms = brand_terms(session, name, today=dt.datetime.now(dt.UTC).date(), limit=query.limit)
    return _kept_for_a_minute(json_answer(terms))


@brands.get("/brands/<slug>/trend", responses={200: TrendAnswer, **problems(404, 422, 503)})
def get_trend(path: BrandPath, query: TrendQuery) -> Response:
    """A brand's stars and sentiment by week."""
    _require_slug(path.slug)
    with dependencies().database.transaction() as session:
        brand = _required(get_brand(session, path.slug)).brand
        trend = weekly_trend(session, BrandName(slug=brand.slug, name=brand.name), weeks=query.weeks)
    return _kept_for_a_minute(json_answer(trend))


def _kept_for_a_minute(answer: Response) -> Response:
    """Let clients keep what is counted over all of a brand's reviews, of which one more changes little."""
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


@sectors.get("/sectors", responses={200: SectorList, **problems(503)})
def get_sectors() -> Response:
    """The brands' sectors by name."""
    with dependencies().database.transaction() as session:
        found = list_sectors(session)
    return json_answer(SectorList(items=found))


@rising.get("/rising-brands", responses={200: RisingBrandList, 304: None, **problems(503)})
def get_rising_brands() -> Response:
    """Brands with clearly more reviews this week than usual, the steepest first; at most ten."""
    own = dependencies()
    with own.database.transaction() as session:
        found = own.rising.found(session)
    answer = json_answer(RisingBrandList(items=found))
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _brand_answer(counted: CountedBrand) -> BrandAnswer:
    brand = counted.brand
    return BrandAnswer(
        slug=brand.slug,
        name=brand.name,
        website=brand.website,
        sector=brand.sector,
        origin=brand.origin,
        demo=brand.demo,
        review_count=counted.review_count,
        average_stars=counted.average_stars,
        scraped=counted.scraped,
    )


def _require_slug(slug: str) -> None:
    # What is no slug is no brand's; characters that PostgreSQL refuses do not reach it.
    if not is_slug(slug):
        raise _no_brand()


def _required(found: CountedBrand | None) -> CountedBrand:
    if found is None:
        raise _no_brand()
    return found


def _no_brand() -> Problem:
    return Problem(404, "There is no such brand.")
