"""Whether the live model still reads what people write: the reasons against it, the words, and the figures behind."""

from collections.abc import Iterator, Sequence

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from opine_frontend.components.elements import data, empty_state, error_notice, skeleton, visually_hidden
from opine_frontend.components.formatting import counted, day, minute, percent
from opine_frontend.pages.login import is_admin
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.drift_schemas import Drift, DriftReport, DriftWord, Share, SourceFigures
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.user_messages import SESSION_ENDED, release_error

_SOURCES = {"people": "Written here", "scraped": "Read elsewhere"}
_WORD_COLUMNS = ("Word", "Change", "Where", "Since")
_FIGURE_COLUMNS = ("Figure", "Reviews", "Now", "Before")
_STABILITY = {"score": "Scores", "label": "Labels", "length": "Lengths"}
_MISSING = "–"  # noqa: RUF001  as wide as a number
# Fewer stars than that apart are given as often above as below.
_LEAST_STARS = 0.25


def drift_section() -> html.Section:
    return html.Section([html.H2("Drift"), html.Div(skeleton(3), id="models-drift")], className="admin-section drift")


def register_drift(app: Dash, api: ReviewsApi, token: str) -> None:
    # Dash calls it when the page appears, and at each click.
    @app.callback(Output("models-drift", "children"), Input("models-refresh", "n_clicks"))
    def show(_clicks: int) -> Component | list[Component]:
        try:
            if not is_admin():
                return error_notice(SESSION_ENDED)
            return drift_told(api.drift(token=token))
        except ReviewsApiError as error:
            message = release_error(error)
            # Without a button of its own: the page's asks again.
            said = [html.P(message.title, className="notice-title"), html.P(message.text)]
            return html.Div(said, className="notice")


def drift_told(drift: Drift) -> list[Component]:
    if drift.report is None:
        text = "Every night the reviews of a week are compared with those of the four weeks before it."
        return [empty_state("Nothing was measured yet", text)]
    reasons = html.Ul(
        [
            html.Li([html.Strong(f"{_SOURCES[reason.source]}: "), html.Span(reason.said, dir="auto")])
            for reason in drift.reasons
        ],
        className="drift-reasons",
    )
    verdict = "The live model reads less well than before." if drift.drifted else "The live model reads as before."
    return [
        html.P(verdict, className="drift-verdict drift-found" if drift.drifted else "drift-verdict"),
        *([reasons] if drift.reasons else []),
        html.P(_times(drift.report), className="quiet small"),
        _words_table(drift.report.words),
        html.Details([html.Summary("All figures"), _figures_table(drift.report.figures)], className="drift-figures"),
        html.P(_nights(drift), className="quiet small"),
    ]


def _times(report: DriftReport) -> str:
    now, before = (sum(getattr(figures, f"reviews_{when}") for figures in report.figures) for when in ("now", "before"))
    return (
        f"From {minute(report.since)} to {minute(report.until)}, with {counted(now, 'review')}, against the time from "
        f"{minute(report.before)} on, with {before:,}."
    )


def _nights(drift: Drift) -> str:
    found = sum(night.drifted for night in drift.nights)
    return f"{found:,} of the last {counted(len(drift.nights), 'report')} called it drift."


def _words_table(words: Sequence[DriftWord]) -> Component:
    if not words:
        return html.P("No word is misread, and none has turned.", className="drift-none")
    rows = [
        [
            html.Strong(word.text, dir="auto"),
            html.Div(word_said(word), className="drift-said"),
            html.Div([word.sector or "All sectors", html.Br(), html.Span(_SOURCES[word.source], className="quiet")]),
            html.Time(day(word.since), dateTime=word.since.isoformat()),
        ]
        for word in words
    ]
    return _table("Words", _WORD_COLUMNS, rows)


def word_said(word: DriftWord) -> str:
    """What has changed, in one or two sentences."""
    now = percent(word.now.hits / word.now.of)
    before = f", before in {percent(word.before.hits / word.before.of)}" if word.before else ""
    if word.signal == "turned":
        way = "against brands" if word.direction == "against" else "for brands"
        return f"Speaks {way} in {now} of {word.now.of:,} reviews{before}."
    said = f"Proposals are corrected in {now} of {word.now.of:,} reviews{before or '; hardly anybody said it before'}."
    if abs(word.difference) < _LEAST_STARS:
        return said
    more = "more" if word.difference > 0 else "fewer"
    return f"{said} People give {abs(word.difference):.1f} stars {more}."


def _figures_table(figures: Sequence[SourceFigures]) -> Component:
    return _table("Figures", _FIGURE_COLUMNS, [row for one in figures if _was_read(one) for row in figure_rows(one)])


def _was_read(figures: SourceFigures) -> bool:
    return figures.reviews_now + figures.reviews_before > 0


def figure_rows(figures: SourceFigures) -> Iterator[list[Component | str]]:
    """What each figure is called, of which reviews, now and before."""
    source = _SOURCES[figures.source]
    yield ["Reviews read", source, f"{figures.reviews_now:,}", f"{figures.reviews_before:,}"]
    yield ["Proposals that were kept", source, _ratio(figures.agreement_now), _ratio(figures.agreement_before)]
    yield ["Not English", source, _ratio(figures.language_now), _ratio(figures.language_before)]
    for figure, name in _STABILITY.items():
        index = figures.stability.get(figure)
        yield [f"{name}: stability index", source, _MISSING if index is None else f"{index:.2f}", ""]


def _ratio(share: Share) -> str:
    return f"{percent(share.hits / share.of)} of {share.of:,}" if share.of else _MISSING


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Component | str]]) -> Component:
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in columns]))
    body = [
        html.Tr([html.Td(html.Div(cell), **data(label=name)) for name, cell in zip(columns, row, strict=True)])
        for row in rows
    ]
    table = html.Table([html.Caption(visually_hidden(caption)), head, html.Tbody(body)], className="admin-table")
    return html.Div(table, className="table-scroll")
