"""The admin page of model versions: the open release with its evidence, what it would change, drift, versions, history.

The release is looked at every few seconds, the rest when the plan has changed: who reads or opens something is not
disturbed.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from opine_frontend.components.elements import error_notice, skeleton
from opine_frontend.components.pagination import paged_list, register_paging
from opine_frontend.pages.admin_elements import admin_head
from opine_frontend.pages.login import is_admin
from opine_frontend.pages.models.decisions import SeenPlan, decision_buttons, question_modal, register_decisions
from opine_frontend.pages.models.drift import drift_section, register_drift
from opine_frontend.pages.models.evidence import evidence, read_growth
from opine_frontend.pages.models.flips import flips_section, register_flips
from opine_frontend.pages.models.history import findings_list, read_history
from opine_frontend.pages.models.release import no_release, release_card, version_name
from opine_frontend.pages.models.versions import read_versions, versions_table
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.registry_schemas import Decision, Plan
from opine_frontend.user_messages import SESSION_ENDED, UserMessage, release_error

_LOOK_EVERY_MS = 10_000
# A release has five decisions at most.
_MOST_STEPS = 20
_HISTORY = "models-history"


class _Page(NamedTuple):
    """What one look gives each part of the page; `no_update` leaves it as it is."""

    told: Any = no_update
    hidden: Any = no_update
    as_of: Any = no_update
    release: Any = no_update
    evidence: Any = no_update
    actions: Any = no_update
    flips_hidden: Any = no_update
    versions: Any = no_update
    history: Any = no_update
    plan: Any = no_update


def models_page() -> html.Div:
    """The page without its content, which a callback fetches."""
    refresh = html.Button("Refresh", id="models-refresh", className="button-quiet", n_clicks=0)
    return html.Div(
        [
            admin_head("models", refresh),
            html.Div(id="models-told", role="status"),
            html.Div(
                [
                    html.P("", id="models-as-of", className="quiet small"),
                    html.Section(
                        [
                            html.H2("Release"),
                            html.Div(
                                [
                                    html.Div(skeleton(4), id="models-release"),
                                    html.Div(id="models-evidence"),
                                    html.Div(id="models-actions"),
                                ],
                                className="release card",
                            ),
                        ],
                        className="admin-section",
                    ),
                    flips_section(),
                    drift_section(),
                    html.Section(
                        [html.H2("Versions"), html.Div(skeleton(4), id="models-versions")], className="admin-section"
                    ),
                    html.Section(
                        [html.H2("History"), html.Div(skeleton(4), id="models-decisions")], className="admin-section"
                    ),
                ],
                id="models-body",
            ),
            dcc.Interval(id="models-tick", interval=_LOOK_EVERY_MS),
            dcc.Store(id="models-again"),
            dcc.Store(id="models-plan"),
            dcc.Store(id="models-asked"),
            question_modal(),
        ],
        className="admin models",
    )


def register_callbacks(app: Dash, api: ReviewsApi, token: str) -> None:
    register_decisions(app, api, token)
    register_flips(app, api, token)
    register_drift(app, api, token)
    register_paging(app, _HISTORY, lambda _query, cursor: read_history(api, cursor))

    @app.callback(
        Output("models-told", "children"),
        Output("models-body", "hidden"),
        Output("models-as-of", "children"),
        Output("models-release", "children"),
        Output("models-evidence", "children"),
        Output("models-actions", "children"),
        Output("models-flips", "hidden"),
        Output("models-versions", "children"),
        Output("models-decisions", "children"),
        Output("models-plan", "data"),
        Input("models-tick", "n_intervals"),
        Input("models-refresh", "n_clicks"),
        Input("models-again", "data"),
        State("models-plan", "data"),
        # Dash forgets an answer once it has asked again: of one that is late, such as an error, nothing would be seen.
        running=[(Output("models-tick", "disabled"), True, False)],
    )
    def show(_ticks: int, _refresh: int, _again: int | None, seen: SeenPlan | None) -> _Page:
        is_tick = ctx.triggered_id == "models-tick" and seen is not None
        try:
            if not is_admin():
                return _failure(SESSION_ENDED)
            plan = api.release_plan()
            if is_tick and seen is not None and plan.revision == seen["revision"]:
                return _look_again(api, plan, token)
            # What was said of a decision stays for the look that follows it.
            told = no_update if ctx.triggered_id == "models-again" or is_tick else ""
            return _look_at_all(api, plan, token)._replace(told=told)
        except ReviewsApiError as error:
            message = release_error(error)
            if is_tick:
                return _Page(as_of=f"{message.line} You see what was there before.")
            return _failure(message)


def _failure(message: UserMessage) -> _Page:
    return _Page(told=error_notice(message), hidden=True)


def _look_again(api: ReviewsApi, plan: Plan, token: str) -> _Page:
    """At what changes under the same plan."""
    if plan.release is None:
        return _Page(as_of=_as_of())
    return _Page(as_of=_as_of(), evidence=_evidence(api, plan, plan.release, _steps(api, plan.release), token))


def _look_at_all(api: ReviewsApi, plan: Plan, token: str) -> _Page:
    versions = read_versions(api)
    live, candidate = ("" if one is None else version_name(one) for one in (plan.live, plan.candidate))
    seen: SeenPlan = {
        "revision": plan.revision,
        "release": plan.release,
        "live": live or "the model that each service came with",
        "candidate": candidate,
        "names": {one.digest: f"{one.name} {one.version}" for one in versions},
    }
    page = _Page(
        hidden=False,
        as_of=_as_of(),
        release=no_release(plan),
        evidence="",
        actions="",
        flips_hidden=plan.release is None,
        versions=versions_table(versions, plan),
        history=paged_list(_HISTORY, {"brand": "", "address": ""}, *read_history(api, "")),
        plan=seen,
    )
    if plan.release is None:
        return page
    steps = _steps(api, plan.release)
    return page._replace(
        release=release_card(plan, steps),
        evidence=_evidence(api, plan, plan.release, steps, token),
        actions=decision_buttons(candidate),
    )


def _evidence(api: ReviewsApi, plan: Plan, release: int, steps: list[Decision], token: str) -> list[Component]:
    return [evidence(read_growth(api, plan, steps, token)), *findings_list(api.release(release).findings)]


def _steps(api: ReviewsApi, release: int) -> list[Decision]:
    return api.decisions(limit=_MOST_STEPS, release=release).items[::-1]


def _as_of() -> str:
    return f"As of {datetime.now(UTC):%H:%M:%S} UTC; looked at every {_LOOK_EVERY_MS // 1000} seconds."
