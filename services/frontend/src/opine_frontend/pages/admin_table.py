from dash import html

from opine_frontend.components.dom import aria, data, unseen
from opine_frontend.components.stars import star_row
from opine_frontend.components.wording import LABEL_WORDS, day, percent
from opine_frontend.reviews_api.models import Review
from opine_frontend.reviews_api.queries import ReviewQuery
from opine_frontend.routes import brand_path

_COLUMNS = (
    ("created_at", "Date"),
    ("brand", "Brand"),
    ("", "Review"),
    ("stars", "Stars"),
    ("", "Proposed"),
    ("score", "Sentiment"),
    ("", "Delete"),
)
_ARIA_SORT = {"asc": "ascending", "desc": "descending"}


def admin_table(reviews: list[Review], query: ReviewQuery) -> html.Div:
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([_head(field, name, query) for field, name in _COLUMNS])),
                html.Tbody([_row(review) for review in reviews]),
            ],
            className="admin-table",
        ),
        className="table-scroll",
    )


def _head(field: str, name: str, query: ReviewQuery) -> html.Th:
    if not field:
        return html.Th(unseen(name) if name == "Delete" else name, scope="col")
    is_sorted = query.sort == field
    arrow = {"asc": " ↑", "desc": " ↓"}[query.order] if is_sorted else ""
    return html.Th(
        html.Button(
            [name, html.Span(arrow, **aria(hidden="true"))],
            id={"type": "admin-sort", "column": field},
            className="sort-button",
            n_clicks=0,
        ),
        scope="col",
        **aria(sort=_ARIA_SORT[query.order] if is_sorted else "none"),
    )


def _row(review: Review) -> html.Tr:
    prediction = review.prediction
    proposed = "none" if prediction is None else str(prediction.stars)
    sentiment = "none" if prediction is None else f"{LABEL_WORDS[prediction.label]} · {percent(prediction.score)}"
    return html.Tr(
        [
            html.Td(html.Time(day(review.created_at), dateTime=review.created_at.isoformat()), **data(label="Date")),
            html.Td(html.A(review.brand.name, href=brand_path(review.brand.slug)), **data(label="Brand")),
            html.Td(html.Div(review.text, className="clipped"), className="admin-text", **data(label="Review")),
            html.Td(star_row(review.stars), **data(label="Stars")),
            html.Td(proposed, **data(label="Proposed")),
            html.Td(sentiment, **data(label="Sentiment")),
            html.Td(
                html.Button(
                    ["Delete", unseen(f" the review of {review.brand.name}")],
                    id={"type": "admin-delete", "review": str(review.id)},
                    className="button-link",
                    n_clicks=0,
                )
            ),
        ]
    )
