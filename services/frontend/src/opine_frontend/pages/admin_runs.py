"""The scraping's last runs, for the admin."""

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.dom import data
from opine_frontend.components.notices import empty, skeleton
from opine_frontend.components.wording import minute
from opine_frontend.reviews_api.scraped_models import ScrapeRun

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
        return empty("No runs yet", "Reviews read elsewhere appear once the scraping has run.")
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
