"""A brand's stars in numbers: the average, how many reviews gave how many, how often a proposal was corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from opine_frontend.components.elements import STARS, aria, icon, star_row, visually_hidden
from opine_frontend.components.formatting import average, counted, percent

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from opine_frontend.reviews_api.schemas import Summary


def stars_in_numbers(summary: Summary) -> list[Component]:
    """The average, and how many reviews gave how many stars."""
    head = [
        html.Span(average(summary.average_stars), className="big-number"),
        html.Div(
            [
                star_row(summary.average_stars, size="m"),
                html.P(counted(summary.review_count, "review"), className="quiet"),
            ]
        ),
    ]
    counts = {int(stars): count for stars, count in summary.stars.items()}
    return [html.Div(head, className="average"), _star_counts(counts)]


def _star_counts(counts: dict[int, int]) -> html.Dl:
    """How many reviews gave each number of stars, as bars with their numbers."""
    total = sum(counts.values())
    rows = []
    for stars in reversed(STARS):
        count = counts.get(stars, 0)
        share = count / total if total else 0.0
        rows.append(
            html.Div(
                [
                    html.Dt([str(stars), icon("star"), visually_hidden(" stars")]),
                    html.Dd(
                        [
                            html.Span(
                                html.Span(className="bar-fill", style={"width": f"{share:.1%}"}),
                                className="bar",
                                **aria(hidden="true"),
                            ),
                            html.Span(
                                [f"{count:,}", visually_hidden(f" of {counted(total, 'review')}")],
                                className="bar-number",
                            ),
                        ]
                    ),
                ],
                className="star-count",
            )
        )
    return html.Dl(rows, className="star-counts")


def corrected_sentence(summary: Summary) -> str:
    if not summary.corrected:
        return "So far everyone kept the stars that their words suggested."
    # Reviews with a proposal are those with a label; never fewer than were corrected, whatever the API says.
    proposed = max(sum(summary.labels.values()), summary.corrected)
    share = percent(summary.corrected / proposed)
    return f"In {share} of the reviews ({summary.corrected:,}) people corrected the stars that their words suggested."
