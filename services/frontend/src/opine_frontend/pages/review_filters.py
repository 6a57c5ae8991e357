"""Which of a brand's reviews are shown, and in what order: in the address, in the controls, and as the API is asked."""

from dataclasses import dataclass
from typing import Literal, Self, get_args
from urllib.parse import urlencode

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from opine_frontend.components.elements import STARS, data, icon, visually_hidden
from opine_frontend.components.formatting import counted
from opine_frontend.reviews_api.schemas import LONGEST_SEARCH, Order, ReviewQuery, SortField
from opine_frontend.routing import first_value

SEARCH_DEBOUNCE_MS = 300

Arrangement = Literal["newest", "oldest", "best", "worst"]

_ARRANGEMENTS: dict[Arrangement, tuple[str, SortField, Order]] = {
    "newest": ("Newest first", "created_at", "desc"),
    "oldest": ("Oldest first", "created_at", "asc"),
    "best": ("Most stars first", "stars", "desc"),
    "worst": ("Fewest stars first", "stars", "asc"),
}


@dataclass(frozen=True)
class ReviewFilters:
    """What a person chose; empty: all."""

    term: str = ""
    q: str = ""
    stars: str = ""
    sort: Arrangement = "newest"

    @classmethod
    def of_address(cls, query: str) -> Self:
        """Of an address' query string, which anybody may have written: what is none of the choices is left out."""
        stars, sort = first_value(query, "stars"), first_value(query, "sort")
        return cls(
            term=_searchable(first_value(query, "term")),
            q=_searchable(first_value(query, "q")),
            stars=stars if stars in {str(number) for number in STARS} else "",
            sort=next((known for known in get_args(Arrangement) if known == sort), "newest"),
        )

    @property
    def address(self) -> str:
        """The query string that leads here again; empty for all reviews."""
        chosen = {name: value for name, value in vars(self).items() if value and value != "newest"}
        return f"?{urlencode(chosen)}" if chosen else ""

    def query(self, slug: str, *, limit: int, cursor: str = "") -> ReviewQuery:
        _, sort, order = _ARRANGEMENTS[self.sort]
        return ReviewQuery(
            brand=slug, term=self.term, q=self.q, stars=self.stars, sort=sort, order=order, limit=limit, cursor=cursor
        )

    @property
    def narrow(self) -> bool:
        """Whether reviews are left out."""
        return bool(self.term or self.q or self.stars)


def _searchable(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]


def filter_controls(filters: ReviewFilters) -> html.Div:
    """Search, stars and order; the term is chosen in its list and taken back here."""
    stars = [{"value": str(number), "label": counted(number, "star")} for number in reversed(STARS)]
    order = [{"value": name, "label": label} for name, (label, _, _) in _ARRANGEMENTS.items()]
    return html.Div(
        [
            dmc.TextInput(
                id="reviews-search",
                label="Search in these reviews",
                leftSection=icon("search"),
                debounce=SEARCH_DEBOUNCE_MS,
                value=filters.q,
                autoComplete="off",
                inputProps={"type": "search", "maxLength": LONGEST_SEARCH},
            ),
            dmc.Select(
                id="reviews-stars",
                label="Stars",
                placeholder="Any",
                data=stars,
                value=filters.stars or None,
                clearable=True,
                clearButtonProps={"aria-label": "Any stars"},
            ),
            dmc.Select(id="reviews-sort", label="Order", data=order, value=filters.sort, allowDeselect=False),
            # Which term; assets/js/page.js writes it when one is clicked.
            dcc.Store(id="reviews-term", data=filters.term),
        ],
        className="filters review-filters",
        role="search",
    )


def term_chip(term: str) -> list[html.P]:
    """Says which term is looked for, with a button that takes it back."""
    if not term:
        return []
    close = html.Button(
        ["Show all", visually_hidden(" reviews again")],
        className="button-link",
        id="reviews-term-clear",
        **data(term=""),
    )
    said = html.Span(f"“{term}”", className="chosen-term", dir="auto")
    return [html.P(["Reviews that say ", said, " ", close], className="term-chip", role="status")]
