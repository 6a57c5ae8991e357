"""The registered model versions: their card's figures, where they come from, and what may be done with them."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from opine_frontend.components.elements import aria, data, visually_hidden
from opine_frontend.components.formatting import minute
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.registry_schemas import Plan, VersionDetail

VERSIONS_SHOWN = 20

_SHORT = 16
# What a model's card says of its validation rows (docs/model.md).
_FIGURES = (
    ("Accuracy", "accuracy", "{:.1%}"),
    ("Macro-F1", "macro_f1", "{:.3f}"),
    ("Stars off by", "stars_mean_absolute_error", "{:.2f}"),
)
_MISSING = "–"  # noqa: RUF001  as wide as a number


def read_versions(api: ReviewsApi) -> list[VersionDetail]:
    """The last ones with their cards, last registered first."""
    return [api.version(version.digest) for version in api.versions(limit=VERSIONS_SHOWN).items]


def figures(metrics: Mapping[str, object]) -> list[str]:
    """Those of the validation rows, as a version's trainer measured them: anything may be in there."""
    found: object = metrics
    for part in ("validation", "all"):
        found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, Mapping) else {}
    return [
        form.format(value) if isinstance(value := values.get(name), int | float) else _MISSING
        for _, name, form in _FIGURES
    ]


def versions_table(versions: Sequence[VersionDetail], plan: Plan) -> html.Div:
    if not versions:
        return html.Div(
            [
                html.P("No versions yet", className="notice-title"),
                html.P(["Register one: ", html.Code("opine-models register FOLDER")]),
            ],
            className="empty",
        )
    columns = ("Version", "Registered", *(name for name, _, _ in _FIGURES), "Actions")
    head = html.Thead(
        html.Tr([html.Th(visually_hidden(name) if name == "Actions" else name, scope="col") for name in columns])
    )
    rows = [row for version in versions for row in (_row(columns, version, plan), _described(version, len(columns)))]
    return html.Div(
        html.Table([head, html.Tbody(rows)], className="admin-table models-table"), className="table-scroll"
    )


def _row(columns: Sequence[str], version: VersionDetail, plan: Plan) -> html.Tr:
    registered = html.Time(minute(version.created_at), dateTime=version.created_at.isoformat())
    cells: list[Component | str | list[Component | str]] = [
        _name(version, plan),
        [registered, html.Br(), html.Span(f"by {version.registered_by}", className="quiet")],
        *figures(version.metrics),
    ]
    labelled = [html.Td(html.Div(cell), **data(label=name)) for name, cell in zip(columns, cells, strict=False)]
    return html.Tr([*labelled, html.Td(_actions(version, plan))])


def _name(version: VersionDetail, plan: Plan) -> list[Component | str]:
    live, candidate = (named and named.digest for named in (plan.live, plan.candidate))
    role = {live: "Live", candidate: "Candidate"}.get(version.digest)
    tag = [html.Span(role, className=f"role role-{role.lower()}")] if role else []
    return [html.Strong(f"{version.name} {version.version}"), " ", *tag]


def _described(version: VersionDetail, columns: int) -> html.Tr:
    """Card and origin, to be opened below the figures."""
    name = f"{version.name} {version.version}"
    origin = (
        ("Digest", version.digest),
        ("Trained from", version.parent_digest),
        ("Training run", version.training_run),
        ("Data", version.data_fingerprint),
        ("Code", version.code),
        ("Image", version.image),
        ("Size", f"{version.artefact_bytes / 1e6:.1f} MB"),
    )
    stated = [
        html.Div([html.Dt(what), html.Dd(html.Code(value) if len(value) > _SHORT else value)])
        for what, value in origin
        if value
    ]
    # With a place in the order of tabs, for its tables may be wider than the page.
    card = html.Div(
        dcc.Markdown(version.card), className="model-card", tabIndex="0", role="region", **aria(label=f"Card of {name}")
    )
    details = html.Details(
        [
            html.Summary(["Card and origin", visually_hidden(f" of {name}")]),
            html.Dl(stated, className="origin"),
            *([card] if version.card.strip() else []),
        ],
        className="described",
    )
    return html.Tr(html.Td(details, colSpan=columns), className="described-row")


def _actions(version: VersionDetail, plan: Plan) -> html.Div:
    """None while a release is open: that one is decided first."""
    if plan.release is not None or (plan.live is not None and plan.live.digest == version.digest):
        return html.Div()
    steps = (("release", "Release"), ("pin", "Pin")) if plan.live is not None else (("pin", "Pin"),)
    name = f"{version.name} {version.version}"
    return html.Div(
        [
            html.Button(
                [words, visually_hidden(f" {name}")],
                id={"type": "decide", "step": step, "target": version.digest},
                className="button-link",
                n_clicks=0,
                **aria(haspopup="dialog"),
            )
            for step, words in steps
        ],
        className="actions",
    )
