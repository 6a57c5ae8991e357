"""The admin page's table of the last scrape runs."""

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from opine_frontend.components.elements import data, empty_state, error_notice, skeleton
from opine_frontend.components.formatting import minute
from opine_frontend.pages.login import is_admin
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import ScrapeRun
from opine_frontend.user_messages import SESSION_ENDED, admin_error

RUNS_SHOWN = 10
_COLUMNS = ("Started", "Kind", "Outcome", "Pages", "Read", "New", "Changed", "Rejected")


def runs_section() -> html.Section:
    refresh = html.Button("Refresh", id="admin-runs-refresh", className="button-quiet", n_clicks=0)
    return html.Section(
        [
            html.Div([html.H2("Last scrape runs"), html.Div(refresh, className="actions")], className="admin-head"),
            html.Div(skeleton(3), id="admin-runs"),
        ],
        className="admin-section",
    )


def runs_table(runs: list[ScrapeRun]) -> html.Div:
    if not runs:
        return empty_state("No runs yet", "Reviews of other sites appear once the scraper has run.")
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(name, scope="col") for name in _COLUMNS])),
                html.Tbody([_row(run) for run in runs]),
            ],
            className="admin-table",
        ),
        className="table-scroll",
    )


def _row(run: ScrapeRun) -> html.Tr:
    outcome = run.outcome or "running"
    cells: tuple[Component | str | list[Component | str], ...] = (
        html.Time(minute(run.started_at), dateTime=run.started_at.isoformat()),
        run.kind,
        html.Span(outcome, className=f"outcome outcome-{outcome}"),
        f"{run.pages:,}",
        f"{run.items:,}",
        f"{run.new_items:,}",
        f"{run.changed_items:,}",
        _rejected(run),
    )
    return html.Tr([html.Td(html.Div(cell), **data(label=name)) for name, cell in zip(_COLUMNS, cells, strict=True)])


def _rejected(run: ScrapeRun) -> list[Component | str]:
    if not run.rejected:
        return ["0"]
    reasons = ", ".join(f"{reason.replace('_', ' ')} {number:,}" for reason, number in sorted(run.rejected.items()))
    # Addresses as text: they are what the run met, not where an admin should go.
    errors = [html.Li([html.Code(error.url), html.Span(f" {error.reason}")]) for error in run.errors]
    if not errors:
        return [reasons]
    summary = html.Summary(f"{len(errors):,} of {sum(run.rejected.values()):,}")
    return [reasons, html.Details([summary, html.Ul(errors, className="run-errors")])]


def register_callbacks(app: Dash, api: ReviewsApi, token: str) -> None:
    # Dash calls it when the page appears, and at each click.
    @app.callback(Output("admin-runs", "children"), Input("admin-runs-refresh", "n_clicks"))
    def show(_clicks: int) -> Component:
        try:
            if not is_admin():
                return error_notice(SESSION_ENDED)
            return runs_table(api.scrape_runs(limit=RUNS_SHOWN, token=token).items)
        except ReviewsApiError as error:
            return error_notice(admin_error(error))
