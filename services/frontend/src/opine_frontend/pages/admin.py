"""The admin page: reviews filtered, sorted, deleted and exported. Only ever built for a session that has logged in.

Its callbacks that reach the API ask for the session again: a callback is reachable without its page.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from typing import get_args
from urllib.parse import urlencode

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Dash, Input, NoUpdate, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask, Response, request, stream_with_context
from opine_common.prediction import Label
from typing_extensions import TypedDict
from werkzeug.exceptions import Forbidden

from opine_frontend.components.elements import (
    aria,
    data,
    empty_state,
    error_notice,
    icon,
    skeleton,
    star_row,
    visually_hidden,
)
from opine_frontend.components.formatting import LABEL_WORDS, day, excerpt, percent
from opine_frontend.components.pagination import turn_page
from opine_frontend.pages.admin_elements import admin_head, confirmation
from opine_frontend.pages.login import is_admin
from opine_frontend.pages.moderation import moderation_section
from opine_frontend.pages.scrape_runs import runs_section
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import LONGEST_SEARCH, Order, Review, ReviewQuery, SortField, StarCount
from opine_frontend.routing import brand_path, link
from opine_frontend.user_messages import SESSION_ENDED, admin_error

PAGE_SIZE = 20


class Fields(TypedDict):
    """What the page keeps of itself: filters, order, and the cursors that led to the page shown."""

    q: str
    stars: str
    label: str
    sort: str
    order: str
    cursors: list[str]


_NO_FILTERS: Fields = {"q": "", "stars": "", "label": "", "sort": "created_at", "order": "desc", "cursors": []}
_COLUMNS = (
    ("created_at", "Date"),
    ("brand", "Brand"),
    ("", "Review"),
    ("stars", "Stars"),
    ("", "Proposed"),
    ("score", "Sentiment"),
    ("", "Hide"),
    ("", "Delete"),
)
_SORTS: tuple[SortField, ...] = get_args(SortField)
_ORDERS: tuple[Order, ...] = get_args(Order)
_ARIA_SORT = {"asc": "ascending", "desc": "descending"}


def admin_page() -> html.Div:
    """The page without its table, which a callback fetches."""
    return html.Div(
        [
            admin_head(
                "admin",
                html.A(
                    [icon("download"), "Export as CSV"],
                    id="admin-export",
                    href=link("/admin/reviews.csv"),
                    className="button-quiet",
                    download="opine-reviews.csv",
                ),
            ),
            _filters(),
            html.P("", id="admin-count", className="quiet", role="status"),
            html.Div(skeleton(8), id="admin-table"),
            html.Div(
                [
                    html.Button(
                        "Previous page", id="admin-previous", className="button-quiet", n_clicks=0, disabled=True
                    ),
                    html.Button("Next page", id="admin-next", className="button-quiet", n_clicks=0, disabled=True),
                ],
                className="actions centred",
            ),
            moderation_section(),
            runs_section(),
            dcc.Store(id="admin-query", data={**_NO_FILTERS}),
            dcc.Store(id="admin-next-cursor"),
            dcc.Store(id="admin-deleting"),
            dcc.Store(id="admin-excerpts"),
            _confirmation(),
        ],
        className="admin",
    )


def _filters() -> html.Div:
    return html.Div(
        [
            dmc.TextInput(
                id="admin-q",
                inputProps={"maxLength": LONGEST_SEARCH},
                label="Text contains",
                leftSection=icon("search"),
                debounce=300,
                value="",
                autoComplete="off",
            ),
            dmc.Select(
                id="admin-stars",
                label="Stars",
                placeholder="Any",
                data=list(get_args(StarCount)),
                clearable=True,
                clearButtonProps={"aria-label": "Any stars"},
            ),
            dmc.Select(
                id="admin-label",
                label="Sentiment",
                placeholder="Any",
                data=[{"value": value, "label": words} for value, words in LABEL_WORDS.items()],
                clearable=True,
                clearButtonProps={"aria-label": "Any sentiment"},
            ),
        ],
        className="filters",
    )


def _confirmation() -> dmc.Modal:
    warning = html.P("It disappears from the brand's page and from the numbers. This cannot be undone.")
    quote = html.Blockquote("", id="delete-quote", dir="auto")
    return confirmation(
        "delete", "Delete this review?", warning, quote,
        cancel="Keep it", confirm="Delete", confirm_class="button-danger",
    )  # fmt: skip


def _table(reviews: list[Review], query: ReviewQuery) -> html.Div:
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([_column_head(field, name, query) for field, name in _COLUMNS])),
                html.Tbody([_row(review) for review in reviews]),
            ],
            className="admin-table",
        ),
        className="table-scroll",
    )


def _column_head(field: str, name: str, query: ReviewQuery) -> html.Th:
    if not field:
        return html.Th(visually_hidden(name) if name in {"Hide", "Delete"} else name, scope="col")
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
            html.Td(html.A(review.brand.name, href=brand_path(review.brand.slug), dir="auto"), **data(label="Brand")),
            html.Td(
                html.Div(review.text, className="clipped", dir="auto"), className="admin-text", **data(label="Review")
            ),
            html.Td(star_row(review.stars), **data(label="Stars")),
            html.Td(proposed, **data(label="Proposed")),
            html.Td(sentiment, **data(label="Sentiment")),
            html.Td(
                html.Button(
                    ["Hide", visually_hidden(f" the review of {review.brand.name}")],
                    id={"type": "admin-hide", "review": str(review.id)},
                    className="button-link",
                    n_clicks=0,
                )
            ),
            html.Td(
                html.Button(
                    ["Delete", visually_hidden(f" the review of {review.brand.name}")],
                    id={"type": "admin-delete", "review": str(review.id)},
                    className="button-link",
                    n_clicks=0,
                )
            ),
        ]
    )


def review_query(fields: Mapping[str, object]) -> ReviewQuery:
    """Keep what the API knows and drop the rest."""
    sort, order = _text(fields, "sort"), _text(fields, "order")
    label, stars = _text(fields, "label"), _text(fields, "stars")
    return ReviewQuery(
        brand=_text(fields, "brand"),
        q=_text(fields, "q"),
        label=label if label in get_args(Label) else "",
        stars=stars if stars in get_args(StarCount) else "",
        sort=next((known for known in _SORTS if known == sort), "created_at"),
        order=next((known for known in _ORDERS if known == order), "desc"),
        cursor=_text(fields, "cursor"),
        limit=PAGE_SIZE,
    )


def export_path(query: ReviewQuery) -> str:
    """Where the browser downloads what the filters let through."""
    return link(f"/admin/reviews.csv?{urlencode(query.filters())}")


def _with_mark(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """By the byte order mark Excel knows UTF-8; an API of the version before would refuse to be asked for it."""
    yield BOM_UTF8
    yield from chunks


def toggle_sort(fields: Fields, column: str) -> Fields:
    """The filters after a click on a column's heading: its other order, or this column with the largest first."""
    current = review_query(fields)
    order = "asc" if current.sort == column and current.order == "desc" else "desc"
    return {**fields, "sort": column, "order": order, "cursors": []}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def register_callbacks(app: Dash, api: ReviewsApi, token: str) -> None:
    _register_table(app, api)
    _register_deletion(app, api, token)


def _register_table(app: Dash, api: ReviewsApi) -> None:
    @app.callback(
        Output("admin-table", "children"),
        Output("admin-count", "children"),
        Output("admin-next-cursor", "data"),
        Output("admin-previous", "disabled"),
        Output("admin-next", "disabled"),
        Output("admin-export", "href"),
        Output("admin-excerpts", "data"),
        Input("admin-query", "data"),
    )
    def show(fields: Fields) -> tuple[Component, str, str | None, bool, bool, str | NoUpdate, dict[str, str]]:
        cursors = fields["cursors"]
        query = review_query({**fields, "cursor": cursors[-1] if cursors else ""})
        try:
            if not is_admin():
                return error_notice(SESSION_ENDED), "", None, True, True, no_update, {}
            page = api.reviews(query)
        except ReviewsApiError as error:
            return error_notice(admin_error(error)), "", None, not cursors, True, export_path(query), {}
        table = _table(page.items, query) if page.items else empty_state("No reviews", "Nothing matches these filters.")
        return (
            table,
            f"Page {len(cursors) + 1}",
            page.next_cursor,
            not cursors,
            page.next_cursor is None,
            export_path(query),
            {str(review.id): excerpt(review.text) for review in page.items},
        )

    @app.callback(
        Output("admin-query", "data"),
        Input("admin-q", "value"),
        Input("admin-stars", "value"),
        Input("admin-label", "value"),
        Input({"type": "admin-sort", "column": ALL}, "n_clicks"),
        Input("admin-previous", "n_clicks"),
        Input("admin-next", "n_clicks"),
        State("admin-query", "data"),
        State("admin-next-cursor", "data"),
        prevent_initial_call=True,
    )
    def change(  # noqa: PLR0917  Dash passes by position
        text: str | None,
        stars: str | None,
        label: str | None,
        sorts: list[int],
        previous: int,
        following: int,
        fields: Fields,
        next_cursor: str | None,
    ) -> Fields:
        trigger = ctx.triggered_id
        if isinstance(trigger, dict):
            # A table that has just been drawn reports its headings too, without a click.
            if not any(sorts):
                raise PreventUpdate
            return toggle_sort(fields, trigger["column"])
        if trigger in {"admin-previous", "admin-next"}:
            if not (previous or following):
                raise PreventUpdate
            # Cursors belong to filters and order, so every other change begins at the first page.
            return {**fields, "cursors": turn_page(fields["cursors"], next_cursor, forward=trigger == "admin-next")}
        return {**fields, "q": text or "", "stars": stars or "", "label": label or "", "cursors": []}


def _register_deletion(app: Dash, api: ReviewsApi, token: str) -> None:
    @app.callback(
        Output("delete-modal", "opened"),
        Output("admin-deleting", "data"),
        Output("delete-quote", "children"),
        Input({"type": "admin-delete", "review": ALL}, "n_clicks"),
        Input("delete-cancel", "n_clicks"),
        State("admin-excerpts", "data"),
        prevent_initial_call=True,
    )
    def ask(clicks: list[int], _cancel: int, excerpts: dict[str, str]) -> tuple[bool, str | None, str]:
        trigger = ctx.triggered_id
        if isinstance(trigger, dict):
            if not any(clicks):
                raise PreventUpdate
            return True, trigger["review"], excerpts.get(trigger["review"], "")
        return False, None, ""

    @app.callback(
        Output("delete-modal", "opened", allow_duplicate=True),
        Output("admin-query", "data", allow_duplicate=True),
        Output("admin-count", "children", allow_duplicate=True),
        Input("delete-confirm", "n_clicks"),
        State("admin-deleting", "data"),
        State("admin-query", "data"),
        prevent_initial_call=True,
    )
    def delete(clicks: int, review_id: str | None, fields: Fields) -> tuple[bool, Fields | NoUpdate, str | NoUpdate]:
        if not clicks or review_id is None:
            raise PreventUpdate
        try:
            if not is_admin():
                return False, no_update, SESSION_ENDED.title
            api.delete_review(review_id, token=token)
        except ReviewsApiError as error:
            return False, no_update, admin_error(error).line
        # A new object with the same filters: Dash shows the page again.
        return False, {**fields}, no_update


def register_export(server: Flask, api: ReviewsApi, token: str) -> None:
    @server.get("/admin/reviews.csv")
    def export() -> Response:
        # The token is put in here, so that the browser never has it.
        try:
            if not is_admin():
                raise Forbidden("Log in first.")
            chunks = api.export(review_query(request.args), token=token)
        except ReviewsApiError as error:
            message = admin_error(error)
            return Response(f"{message.line}\n", message.status, mimetype="text/plain")
        return Response(
            stream_with_context(_with_mark(chunks)),
            mimetype="text/csv",
            headers={
                "Content-Disposition": "attachment; filename=opine-reviews.csv",
                "Cache-Control": "no-store",
            },
        )
