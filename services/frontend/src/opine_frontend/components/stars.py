from dash import html

from opine_frontend.components.dom import aria, unseen
from opine_frontend.components.wording import average, counted

STARS = (1, 2, 3, 4, 5)


def star_row(stars: float | None, *, size: str = "s") -> html.Span:
    """Five stars, filled up to a number that may lie between two."""
    said = "not rated yet" if stars is None else f"{average(stars)} of 5 stars"
    share = 0.0 if stars is None else stars / len(STARS)
    return html.Span(
        [
            html.Span(
                html.Span(className="stars-filled", style={"width": f"{share:.1%}"}),
                className=f"stars stars-{size}",
                **aria(hidden="true"),
            ),
            unseen(said),
        ],
        className="star-row",
    )


def star_counts(counts: dict[int, int]) -> html.Dl:
    """How many reviews gave each number of stars, as bars with their numbers."""
    total = sum(counts.values())
    rows = []
    for stars in reversed(STARS):
        count = counts.get(stars, 0)
        share = count / total if total else 0.0
        rows.append(
            html.Div(
                [
                    html.Dt(
                        [str(stars), html.Span(className="icon icon-star", **aria(hidden="true")), unseen(" stars")]
                    ),
                    html.Dd(
                        [
                            html.Span(
                                html.Span(className="bar-fill", style={"width": f"{share:.1%}"}),
                                className="bar",
                                **aria(hidden="true"),
                            ),
                            html.Span(
                                [f"{count:,}", unseen(f" of {counted(total, 'review')}")], className="bar-number"
                            ),
                        ]
                    ),
                ],
                className="star-count",
            )
        )
    return html.Dl(rows, className="star-counts")
