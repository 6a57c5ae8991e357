from dash import html

from opine_frontend.components.stars import star_row
from opine_frontend.components.wording import day
from opine_frontend.reviews_api.models import Review


def review_card(review: Review) -> html.Li:
    return html.Li(
        [
            html.Div(
                [star_row(review.stars), html.Time(day(review.created_at), dateTime=review.created_at.isoformat())],
                className="review-head",
            ),
            html.P(review.text, className="review-text"),
            *_correction(review),
        ],
        className="review-card",
    )


def _correction(review: Review) -> list[html.P]:
    if review.prediction is None or review.prediction.stars == review.stars:
        return []
    return [html.P(f"Corrected: the words alone suggested {review.prediction.stars}", className="quiet small")]


def review_cards(reviews: list[Review]) -> html.Ul:
    return html.Ul([review_card(review) for review in reviews], className="review-list")
