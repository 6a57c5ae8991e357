"""Sentiment by week: a line for each brand with its points, drawn by CSS, and the same numbers as a table."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from dash import html

from opine_frontend.components.elements import aria
from opine_frontend.components.formatting import average, counted, day, percent
from opine_frontend.reviews_api.schemas import Week

# An SVG stretched to its box whose line keeps its thickness; used as a mask, so that the line takes the page's colour.
_DRAWING = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100' preserveAspectRatio='none'>"
    "<polyline points='{points}' fill='none' stroke='#000' stroke-width='2.5' stroke-linejoin='round' "
    "stroke-linecap='round' stroke-dasharray='{dashes}' vector-effect='non-scaling-stroke'/></svg>"
)
# Told apart without colours, too.
_DASHES = ("none", "7 6")
# More points than this lie so close that they only hide their line.
_MOST_DOTS = 40

Point = tuple[float, float]


class Line(NamedTuple):
    """A brand's weeks; without a name where there is no other."""

    name: str
    weeks: Sequence[Week]

    @property
    def scored(self) -> list[Week]:
        return [week for week in self.weeks if week.average_score is not None]


def trend(*lines: Line) -> html.Div:
    """The chart of the weeks that have a score, from the first one on, and the tables of all."""
    tables = [_table(line) for line in lines if line.weeks]
    days = [week.week for line in lines for week in line.scored]
    if not days:
        message = "A line begins here with the first review whose words Opine could read."
        return html.Div([html.P(message, className="quiet"), *tables])
    return html.Div([_figure(lines, min(days), max(days)), *_legend(lines), *tables])


def positions(weeks: Sequence[Week], first: date, last: date) -> list[Point]:
    """Points in percent of the box, from the left and from the top."""
    length = (last - first).days
    return [
        (
            round(100 * (week.week - first).days / length, 2) if length else 50.0,
            round((1 - (week.average_score or 0.0)) * 100, 2),
        )
        for week in weeks
    ]


def area_polygon(points: Sequence[Point]) -> str:
    """The area below the line as a value of CSS `clip-path`."""
    corners = [f"{points[0][0]}% 100%", *(f"{x}% {y}%" for x, y in points), f"{points[-1][0]}% 100%"]
    return f"polygon({', '.join(corners)})"


def line_mask(points: Sequence[Point], dashes: str = "none") -> str:
    """The line as a value of CSS `mask-image`."""
    drawing = _DRAWING.format(points=" ".join(f"{x},{y}" for x, y in points), dashes=dashes)
    return f'url("data:image/svg+xml,{quote(drawing)}")'


def _figure(lines: Sequence[Line], first: date, last: date) -> html.Div:
    sentences = [_sentence(line) for line in lines if line.scored]
    label = " ".join(["Average sentiment by week.", *sentences, "The tables below have every week."])
    drawn: list[html.Div] = []
    for number, line in enumerate(lines):
        if not line.scored:
            continue
        points = positions(line.scored, first, last)
        if len(lines) == 1:
            drawn.append(html.Div(className="trend-area", style={"clipPath": area_polygon(points)}))
        mask = {"maskImage": line_mask(points, _DASHES[number])}
        drawn.append(html.Div(className=f"trend-line trend-line-{number + 1}", style=mask))
        if len(points) <= _MOST_DOTS:
            drawn.append(html.Div(_dots(line, points), className=f"trend-dots trend-dots-{number + 1}"))
    scale = html.Div([html.Span("100%"), html.Span("50%"), html.Span("0%")], className="trend-scale")
    ends = [first] if first == last else [first, last]
    dates = html.Div([html.Span(day(end)) for end in ends], className="trend-ends")
    plot = html.Div(drawn, className="trend-plot")
    return html.Div([scale, plot, dates], className="trend", role="img", **aria(label=label))


def _dots(line: Line, points: Sequence[Point]) -> list[html.Span]:
    return [
        html.Span(
            html.Span(
                f"{day(week.week)}: {percent(week.average_score or 0)}, {counted(week.review_count, 'review')}",
                className="trend-tip",
            ),
            className="trend-dot",
            style={"left": f"{x}%", "top": f"{y}%", "--from-left": f"{x}%"},
        )
        for week, (x, y) in zip(line.scored, points, strict=True)
    ]


def _sentence(line: Line) -> str:
    first, last = line.scored[0], line.scored[-1]
    begin = f"{line.name}: {percent(first.average_score or 0)}".removeprefix(": ")
    if first is last:
        return f"{begin} in the week of {day(first.week)}."
    return f"{begin} in the week of {day(first.week)}, {percent(last.average_score or 0)} in that of {day(last.week)}."


def _legend(lines: Sequence[Line]) -> list[html.Ul]:
    if len(lines) == 1:
        return []
    entries = [
        html.Li([html.Span(className=f"trend-key trend-key-{number}", **aria(hidden="true")), line.name], dir="auto")
        for number, line in enumerate(lines, start=1)
    ]
    return [html.Ul(entries, className="trend-legend")]


def _table(line: Line) -> html.Details:
    heads = ("Week of", "Reviews", "Average stars", "Average sentiment")
    rows = [
        html.Tr(
            [
                html.Th(day(week.week), scope="row"),
                html.Td(counted(week.review_count, "review")),
                html.Td(average(week.average_stars)),
                html.Td("none" if week.average_score is None else percent(week.average_score)),
            ]
        )
        for week in line.weeks
    ]
    table = html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)])
    name = html.Span(line.name, dir="auto")
    title = html.Summary(["Show ", name, " as a table"] if line.name else "Show as a table")
    return html.Details([title, html.Div(table, className="table-scroll")], className="as-table")
