"""A brand's counts by month. Reads only the counters: a brand's millionth review makes its summary no slower."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opine_reviews.models import BrandMonth
from opine_reviews.schemas.answers import BrandName, LabelCounts, MonthAnswer, SummaryAnswer


@dataclass(frozen=True)
class _Month:
    month: str
    review_count: int
    stars: tuple[int, ...]
    labels: tuple[int, ...]
    corrected: int
    score_count: int
    score_sum: float


def summarise(session: Session, brand: BrandName) -> SummaryAnswer:
    months = _months(session, brand.slug)
    review_count = sum(month.review_count for month in months)
    stars = [sum(month.stars[index] for month in months) for index in range(5)]
    bad, average, good = (sum(month.labels[index] for month in months) for index in range(3))
    return SummaryAnswer(
        brand=brand,
        review_count=review_count,
        average_stars=_average_stars(stars) if review_count else None,
        stars={"1": stars[0], "2": stars[1], "3": stars[2], "4": stars[3], "5": stars[4]},
        labels=LabelCounts(bad=bad, average=average, good=good),
        corrected=sum(month.corrected for month in months),
        months=[
            MonthAnswer(
                month=month.month,
                review_count=month.review_count,
                average_stars=_average_stars(month.stars),
                average_score=month.score_sum / month.score_count if month.score_count else None,
            )
            for month in months
        ],
    )


def _months(session: Session, slug: str) -> list[_Month]:
    columns = (
        BrandMonth.review_count,
        BrandMonth.stars_1,
        BrandMonth.stars_2,
        BrandMonth.stars_3,
        BrandMonth.stars_4,
        BrandMonth.stars_5,
        BrandMonth.label_bad,
        BrandMonth.label_average,
        BrandMonth.label_good,
        BrandMonth.corrected,
        BrandMonth.score_count,
        BrandMonth.score_sum,
    )
    statement = (
        select(BrandMonth.month, *(func.sum(column) for column in columns))
        .where(BrandMonth.brand_slug == slug)
        .group_by(BrandMonth.month)
        .having(func.sum(BrandMonth.review_count) > 0)
        .order_by(BrandMonth.month)
    )
    return [
        _Month(
            month=f"{month:%Y-%m}",
            review_count=int(counts[0]),
            stars=tuple(map(int, counts[1:6])),
            labels=tuple(map(int, counts[6:9])),
            corrected=int(counts[9]),
            score_count=int(counts[10]),
            score_sum=float(counts[11]),
        )
        for month, *counts in session.execute(statement)
    ]


def _average_stars(counts: Sequence[int]) -> float:
    return sum(number * count for number, count in enumerate(counts, start=1)) / sum(counts)
