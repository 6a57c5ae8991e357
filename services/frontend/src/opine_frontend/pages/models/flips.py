"""Reviews to which the candidate gives another label, to be read: beside each, what its author chose."""

from collections.abc import Sequence

from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from opine_common.prediction import StoredPrediction

from opine_frontend.components.elements import demo_tag, empty_state, error_notice, star_row, visually_hidden
from opine_frontend.components.formatting import LABEL_WORDS, counted, day, percent
from opine_frontend.pages.login import is_admin
from opine_frontend.pages.models.decisions import SeenPlan
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.registry_schemas import Flip, Flips
from opine_frontend.routing import brand_path
from opine_frontend.user_messages import SESSION_ENDED, release_error


def flips_section() -> html.Section:
    """Shown while a release is open; nothing is asked before somebody wants to read."""
    return html.Section(
        [
            html.H2("What it would change"),
            html.P(
                "Both versions score stored reviews again. Here are those to which the candidate gives another label.",
                className="quiet",
            ),
            html.Div(id="models-flips-list", role="status"),
            html.Div(
                [
                    html.Button("Compare on the newest reviews", id="models-flips-first", className="button-quiet"),
                    html.Button("Older reviews", id="models-flips-older", className="button-quiet", hidden=True),
                ],
                className="actions",
            ),
            dcc.Store(id="models-flips-cursor"),
        ],
        id="models-flips",
        className="admin-section",
        hidden=True,
    )


def flips_list(found: Flips) -> list[Component]:
    if not found.compared:
        return [empty_state("No reviews to compare", "There are none, or neither version can score them.")]
    share = percent(len(found.items) / found.compared)
    summary = f"{len(found.items):,} of {counted(found.compared, 'review')} would get another label ({share})."
    if found.items:
        candidate, live = closeness(found.items)
        summary += (
            f" The candidate is closer to the author's stars in {candidate:,} of them, the live version in {live:,}."
        )
    return [html.P(summary, className="flips-summary"), html.Ul([_flip(flip) for flip in found.items])]


def closeness(flips: Sequence[Flip]) -> tuple[int, int]:
    """How often the candidate's stars, and the live version's, are nearer to those that the author chose."""
    apart = [
        abs(flip.candidate.stars - flip.review.stars) - abs(flip.baseline.stars - flip.review.stars) for flip in flips
    ]
    return sum(one < 0 for one in apart), sum(one > 0 for one in apart)


def _flip(flip: Flip) -> html.Li:
    review = flip.review
    head = html.Div(
        [
            html.A(review.brand.name, href=brand_path(review.brand.slug)),
            html.Time(day(review.created_at), dateTime=review.created_at.isoformat(), className="quiet"),
            *demo_tag(shown=review.demo),
        ],
        className="flip-head",
    )
    said = html.Dl(
        [
            html.Div([html.Dt("Author"), html.Dd(star_row(review.stars))]),
            html.Div([html.Dt("Live"), html.Dd(_proposal(flip.baseline))]),
            html.Div([html.Dt("Candidate"), html.Dd(_proposal(flip.candidate))]),
        ],
        className="flip-said",
    )
    return html.Li([head, html.P(review.text, className="clipped", dir="auto"), said], className="flip")


def _proposal(said: StoredPrediction) -> list[Component]:
    return [star_row(said.stars), html.Span([visually_hidden(", "), LABEL_WORDS[said.label]], className="flip-label")]


def register_flips(app: Dash, api: ReviewsApi, token: str) -> None:
    @app.callback(
        Output("models-flips-list", "children"),
        Output("models-flips-cursor", "data"),
        Output("models-flips-older", "hidden"),
        Input("models-flips-first", "n_clicks"),
        Input("models-flips-older", "n_clicks"),
        State("models-flips-cursor", "data"),
        State("models-plan", "data"),
        prevent_initial_call=True,
    )
    def show(
        first: int | None, older: int | None, cursor: str | None, plan: SeenPlan | None
    ) -> tuple[list[Component] | Component, str | None, bool]:
        release = plan["release"] if plan else None
        if not (first or older) or release is None:
            raise PreventUpdate
        try:
            if not is_admin():
                return error_notice(SESSION_ENDED), None, True
            start = (cursor or "") if ctx.triggered_id == "models-flips-older" else ""
            found = api.flips(release, cursor=start, token=token)
        except ReviewsApiError as error:
            message = release_error(error)
            # Without a button of its own: those below ask again.
            said = [html.P(message.title, className="notice-title"), html.P(message.text)]
            return html.Div(said, className="notice"), cursor, cursor is None
        return flips_list(found), found.next_cursor, found.next_cursor is None
