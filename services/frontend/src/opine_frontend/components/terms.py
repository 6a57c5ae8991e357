"""What people praise in a brand and what they complain of: words and phrases, each a way to the reviews that say it."""

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.elements import aria, data, visually_hidden
from opine_frontend.components.formatting import counted
from opine_frontend.reviews_api.schemas import Term, Terms
from opine_frontend.routing import brand_path

# Before that, a list would be of what one or two people happened to say.
LEAST_REVIEWS = 5

_TREND_WORDS = {"rising": ("↗", "more lately"), "falling": ("↘", "less lately")}
_SIDES = (("praise", "for", "What people praise"), ("complaints", "against", "What people complain about"))


def term_lists(terms: Terms | None, slug: str, *, heading: type[html.H2] | type[html.H3] = html.H2) -> html.Div:
    """Both lists of a brand; None: they could not be fetched."""
    scale = max((term.total_pull for term in [*terms.praise, *terms.complaints]), default=1.0) if terms else 1.0
    sections = []
    for name, side, title in _SIDES:
        listed: list[Term] = getattr(terms, name) if terms else []
        content = (
            html.Ol([_entry(term, slug, side, scale) for term in listed], className="term-list")
            if listed and terms and terms.read_count >= LEAST_REVIEWS
            else html.P(_why_none(terms, name), className="quiet")
        )
        sections.append(html.Section([heading(title), content], className=f"card terms terms-{side}"))
    return html.Div(sections, className="brand-terms")


def _entry(term: Term, slug: str, side: str, scale: float) -> html.Li:
    width = f"{max(term.total_pull / scale, 0.02):.1%}"
    return html.Li(
        html.A(
            [
                html.Span(html.Span(term.term, className=f"mark {side}-2", dir="auto"), className="term-name"),
                html.Span(
                    html.Span(className=f"bar-fill bar-{side}", style={"width": width}),
                    className="bar",
                    **aria(hidden="true"),
                ),
                html.Span([*_trend(term), html.Span(counted(term.review_count, "review"))], className="term-count"),
            ],
            # Below it is a page of its own; assets/js/page.js shows it in place.
            href=f"{brand_path(slug, term=term.term)}#latest-title",
            className="term",
            **data(term=term.term, brand=slug),
        )
    )


def _trend(term: Term) -> list[Component]:
    if term.trend not in _TREND_WORDS:
        return []
    arrow, words = _TREND_WORDS[term.trend]
    return [html.Span([html.Span(arrow, **aria(hidden="true")), f" {words}", visually_hidden(", ")])]


def _why_none(terms: Terms | None, name: str) -> str:
    if terms is None:
        return "This cannot be shown at the moment. The reviews below are all there."
    if terms.read_count < LEAST_REVIEWS:
        so_far = f" So far there {'is' if terms.read_count == 1 else 'are'} {terms.read_count}." * bool(
            terms.read_count
        )
        return f"After five reviews the words that weigh most stand here, read out of them by the model.{so_far}"
    return f"No two people gave the same {'praise' if name == 'praise' else 'complaint'} yet."
