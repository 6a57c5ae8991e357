"""Sentiment over time: an area with its points, drawn by CSS, and the same numbers as a table."""

from collections.abc import Sequence
from urllib.parse import quote

from dash import html

from opine_frontend.components.elements import aria
from opine_frontend.components.formatting import average, counted, month_name, percent
from opine_frontend.reviews_api.schemas import Month

# An SVG stretched to its box whose line keeps its thickness; used as a mask, so that the line takes the page's colour.
_LINE = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100' preserveAspectRatio='none'>"
    "<polyline points='{points}' fill='none' stroke='#000' stroke-width='2.5' stroke-linejoin='round' "
    "stroke-linecap='round' vector-effect='non-scaling-stroke'/></svg>"
)


def trend(months: Sequence[Month]) -> html.Div:
    """The chart of the months that have a score, and the table of all."""
    scored = [month for month in months if month.average_score is not None]
    if len(scored) < 2:  # noqa: PLR2004  a line needs two points
        return html.Div(
            [html.P("A line appears here once two months have reviews.", className="quiet"), *_table(months)]
        )
    heights = [month.average_score or 0.0 for month in scored]
    return html.Div([_figure(scored, positions(heights)), *_table(months)])


def positions(heights: Sequence[float]) -> list[tuple[float, float]]:
    """Points in percent of the box, from the left and from the top; `heights` are in [0, 1]."""
    step = 100 / (len(heights) - 1)
    return [(round(index * step, 2), round((1 - height) * 100, 2)) for index, height in enumerate(heights)]


def area_polygon(points: Sequence[tuple[float, float]]) -> str:
    """The area below the line as a value of CSS `clip-path`."""
    corners = [f"{x}% {y}%" for x, y in points]
    return f"polygon({', '.join(['0% 100%', *corners, '100% 100%'])})"


def line_mask(points: Sequence[tuple[float, float]]) -> str:
    """The line as a value of CSS `mask-image`."""
    drawing = _LINE.format(points=" ".join(f"{x},{y}" for x, y in points))
    return f'url("data:image/svg+xml,{quote(drawing)}")'


def _figure(months: Sequence[Month], points: Sequence[tuple[float, float]]) -> html.Div:
    first, last = months[0], months[-1]
    label = (
        f"Average sentiment by month, from {percent(first.average_score or 0)} in {month_name(first.month)} "
        f"to {percent(last.average_score or 0)} in {month_name(last.month)}. The table below has every month."
    )
    dots = [
        html.Span(
            html.Span(f"{month_name(month.month)}: {percent(month.average_score or 0)}", className="trend-tip"),
            className="trend-dot",
            style={"left": f"{x}%", "top": f"{y}%"},
        )
        for month, (x, y) in zip(months, points, strict=True)
    ]
    plot = html.Div(
        [
            html.Div(className="trend-area", style={"clipPath": area_polygon(points)}),
            html.Div(className="trend-line", style={"maskImage": line_mask(points)}),
            *dots,
        ],
        className="trend-plot",
    )
    scale = html.Div([html.Span("100%"), html.Span("50%"), html.Span("0%")], className="trend-scale")
    ends = html.Div([html.Span(month_name(first.month)), html.Span(month_name(last.month))], className="trend-ends")
    return html.Div([scale, plot, ends], className="trend", role="img", **aria(label=label))


def _table(months: Sequence[Month]) -> list[html.Details]:
    if not months:
        return []
    heads = ("Month", "Reviews", "Average stars", "Average sentiment")
    rows = [
        html.Tr(
            [
                html.Th(month_name(month.month), scope="row"),
                html.Td(counted(month.review_count, "review")),
                html.Td(average(month.average_stars)),
                html.Td("none" if month.average_score is None else percent(month.average_score)),
            ]
        )
        for month in months
    ]
    table = html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)])
    return [
        html.Details([html.Summary("Show as a table"), html.Div(table, className="table-scroll")], className="as-table")
    ]
