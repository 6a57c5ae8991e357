"""What waits for an admin's judgement: reported and hidden reviews, brands that nobody approved, and who did what."""

from typing import cast

from dash import ALL, Dash, Input, NoUpdate, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.components.elements import data, empty_state, error_notice, skeleton, visually_hidden
from opine_frontend.components.formatting import counted, excerpt, minute
from opine_frontend.pages.login import is_admin
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import HiddenReview, Moderation, ModerationEvent, ReportedReview
from opine_frontend.user_messages import SESSION_ENDED, admin_error

# There is one password, so all admins are one.
_ACTOR = "admin"


def moderation_section() -> html.Section:
    refresh = html.Button("Refresh", id="admin-moderation-refresh", className="button-quiet", n_clicks=0)
    return html.Section(
        [
            html.Div([html.H2("Moderation"), html.Div(refresh, className="actions")], className="admin-head"),
            html.Div(skeleton(3), id="admin-moderation"),
        ],
        className="admin-section",
    )


def moderation_content(found: Moderation) -> list[Component]:
    parts: list[Component] = []
    if found.reported:
        parts += [html.H3("Reported reviews"), _table("Review", "Reports", rows=[*map(_reported, found.reported)])]
    if found.unlisted_brands:
        rows: list[list[Component | str]] = [
            [
                html.Span(brand.name, dir="auto"),
                brand.slug,
                _actions("brand", brand.slug, brand.name, "approve", "delete"),
            ]
            for brand in found.unlisted_brands
        ]
        parts += [html.H3("Brands that are not listed"), _table("Brand", "Slug", rows=rows)]
    if found.hidden:
        parts += [html.H3("Hidden reviews"), _table("Review", "Brand", rows=[*map(_hidden, found.hidden)])]
    if not parts:
        parts = [empty_state("Nothing waits", "Reported reviews and new brands appear here.")]
    if found.events:
        history = html.Ul([html.Li(_event(event)) for event in found.events])
        parts.append(html.Details([html.Summary("What was done last"), history]))
    return parts


def _reported(review: ReportedReview) -> list[Component | str]:
    reasons = [html.Div(reason, dir="auto") for reason in review.reasons]
    actions = _actions("review", str(review.id), f"the review of {review.brand_slug}", "dismiss", "hide", "delete")
    return [_clipped(review.text), html.Div([counted(review.reports, "report"), *reasons]), actions]


def _hidden(review: HiddenReview) -> list[Component | str]:
    actions = _actions("review", str(review.id), f"the review of {review.brand_slug}", "restore", "delete")
    return [_clipped(review.text), review.brand_slug, actions]


def _clipped(text: str) -> html.Div:
    return html.Div(excerpt(text), className="clipped", dir="auto")


def _event(event: ModerationEvent) -> list[Component | str]:
    when = html.Time(minute(event.created_at), dateTime=event.created_at.isoformat())
    return [when, f" {event.actor}: {event.action} {event.kind} {event.target}"]


def _table(*columns: str, rows: list[list[Component | str]]) -> html.Div:
    names = [*columns, "Actions"]
    body = [
        html.Tr([html.Td(html.Div(cell), **data(label=name)) for name, cell in zip(names, row, strict=True)])
        for row in rows
    ]
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in names]))
    return html.Div(html.Table([head, html.Tbody(body)], className="admin-table"), className="table-scroll")


def _actions(kind: str, target: str, name: str, *actions: str) -> html.Div:
    return html.Div(
        [
            html.Button(
                [action.capitalize(), visually_hidden(f" {name}")],
                id={"type": "moderate", "action": action, "kind": kind, "target": target},
                className="button-link",
                n_clicks=0,
            )
            for action in actions
        ],
        className="actions",
    )


def register_callbacks(app: Dash, api: ReviewsApi, token: str) -> None:
    _register_hiding(app, api, token)

    # Dash calls it when the section appears, and at each click.
    @app.callback(
        Output("admin-moderation", "children"),
        Input("admin-moderation-refresh", "n_clicks"),
        Input({"type": "moderate", "action": ALL, "kind": ALL, "target": ALL}, "n_clicks"),
    )
    def show(_refresh: int, clicks: list[int]) -> list[Component] | Component:
        trigger = ctx.triggered_id
        try:
            if not is_admin():
                return error_notice(SESSION_ENDED)
            # Buttons that have just been drawn report themselves too, without a click.
            if isinstance(trigger, dict) and any(clicks):
                pressed = cast("dict[str, str]", trigger)
                api.moderate(pressed["action"], pressed["kind"], pressed["target"], actor=_ACTOR, token=token)
            return moderation_content(api.moderation(token=token))
        except ReviewsApiError as error:
            return error_notice(admin_error(error))


def _register_hiding(app: Dash, api: ReviewsApi, token: str) -> None:
    @app.callback(
        Output("admin-query", "data", allow_duplicate=True),
        Output("admin-count", "children", allow_duplicate=True),
        Output("admin-moderation-refresh", "n_clicks"),
        Input({"type": "admin-hide", "review": ALL}, "n_clicks"),
        State("admin-query", "data"),
        State("admin-moderation-refresh", "n_clicks"),
        prevent_initial_call=True,
    )
    def hide(
        clicks: list[int], fields: dict[str, object], refreshed: int | None
    ) -> tuple[dict[str, object] | NoUpdate, str | NoUpdate, int | None]:
        trigger = ctx.triggered_id
        if not isinstance(trigger, dict) or not any(clicks):
            raise PreventUpdate
        try:
            if not is_admin():
                return no_update, SESSION_ENDED.title, refreshed
            api.moderate("hide", "review", trigger["review"], actor=_ACTOR, token=token)
        except ReviewsApiError as error:
            return no_update, admin_error(error).line, refreshed
        return dict(fields), no_update, (refreshed or 0) + 1
