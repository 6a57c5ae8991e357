"""Two brands side by side, at an address to hand on."""

from typing import NamedTuple

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from opine_frontend.components.elements import empty_state, icon, monogram, share_button
from opine_frontend.components.summary import stars_in_numbers
from opine_frontend.components.terms import term_lists
from opine_frontend.components.trend import Line, trend
from opine_frontend.pages.brand import if_there, weeks_of
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import NotFound
from opine_frontend.reviews_api.schemas import LONGEST_SEARCH, Brand, BrandQuery, Summary, Terms, Week
from opine_frontend.routing import brand_path, compare_path, first_value

_OFFERED = 8
# The parameters of the address and the ids of the fields.
_SIDES = (("a", "First brand"), ("b", "Second brand"))


class Option(TypedDict):
    """What a field offers."""

    value: str
    label: str


class _Compared(NamedTuple):
    brand: Brand
    summary: Summary
    weeks: list[Week]
    terms: Terms | None


def compare_page(api: ReviewsApi, query: str) -> tuple[list[str], html.Div]:
    """The names of the brands that were found and the page; raises what the API's client raises."""
    slugs = [first_value(query, side) for side, _ in _SIDES]
    compared = [_compared(api, slug) for slug in slugs]
    found = [one for one in compared if one is not None]
    both = len(found) == len(_SIDES) and slugs[0] != slugs[1]
    names = [one.brand.name for one in found]
    first, *others = (html.Span(name, dir="auto") for name in names) if both else ["Compare two brands"]
    title = [first, *(part for name in others for part in (" and ", name))]
    share = [share_button()] if both else []
    head = html.Div([html.H1(title), *share], className="compare-head")
    fields = html.Div(
        [_field(side, label, one) for (side, label), one in zip(_SIDES, compared, strict=True)],
        className="filters",
        role="search",
    )
    content = _side_by_side(found) if both else [_what_is_missing(slugs, compared)]
    shown = dcc.Store(id="compare-shown", data=[one.brand.slug if one else "" for one in compared])
    return names if both else [], html.Div([head, fields, *content, shown], className="compare")


def _compared(api: ReviewsApi, slug: str) -> _Compared | None:
    if not slug:
        return None
    try:
        brand = api.brand(slug)
    except NotFound:
        return None
    return _Compared(brand, api.summary(slug), weeks_of(api, slug), if_there(lambda: api.terms(slug)))


def _field(side: str, label: str, chosen: _Compared | None) -> dmc.Select:
    return dmc.Select(
        id=f"compare-{side}",
        label=label,
        placeholder="Lego, Ikea, …",
        leftSection=icon("search"),
        data=[_option(chosen.brand)] if chosen else [],
        value=chosen.brand.slug if chosen else None,
        searchable=True,
        # What the API found, by its own rules (assets/js/page.js).
        filter={"function": "opineShowAll"},
        nothingFoundMessage="No brand found",
        inputProps={"maxLength": LONGEST_SEARCH},
        size="md",
    )


def _option(brand: Brand) -> Option:
    return {"value": brand.slug, "label": brand.name}


def _what_is_missing(slugs: list[str], compared: list[_Compared | None]) -> html.Div:
    unknown = [slug for slug, one in zip(slugs, compared, strict=True) if slug and one is None]
    if unknown:
        return empty_state("We don't know that brand", f"There is no brand called “{unknown[0]}” here. Choose another.")
    if all(slugs):
        return empty_state("That is one brand twice", "Choose another to see both side by side.")
    return empty_state("Choose two brands", "Stars, sentiment, praise and complaints of both then stand side by side.")


def _side_by_side(compared: list[_Compared]) -> list[Component]:
    lines = [Line(one.brand.name, one.weeks) for one in compared]
    return [
        html.Div([_numbers(one) for one in compared], className="compare-sides"),
        html.Section([html.H2("Sentiment over time"), trend(*lines)], className="card"),
        html.Div([_terms(one) for one in compared], className="compare-sides"),
    ]


def _numbers(one: _Compared) -> html.Section:
    numbers = (
        stars_in_numbers(one.summary) if one.summary.review_count else [html.P("No reviews yet.", className="quiet")]
    )
    return html.Section([_name(one.brand), *numbers], className="card")


def _name(brand: Brand) -> html.Div:
    name = dcc.Link(html.Span(brand.name, dir="auto"), href=brand_path(brand.slug))
    return html.Div([monogram(brand.name, brand.slug), html.H2(name)], className="compare-name")


def _terms(one: _Compared) -> html.Div:
    name = html.H2(one.brand.name, dir="auto")
    return html.Div([name, term_lists(one.terms, one.brand.slug, heading=html.H3)], className="compare-terms")


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    for side, _ in _SIDES:
        _offer_brands(app, api, f"compare-{side}")

    @app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("compare-a", "value"),
        Input("compare-b", "value"),
        State("compare-shown", "data"),
        prevent_initial_call=True,
    )
    def show(first: str | None, second: str | None, shown: list[str]) -> str:
        chosen = [first or "", second or ""]
        # Dash also calls it when the fields appear.
        if chosen == shown:
            raise PreventUpdate
        return compare_path(*chosen)


def _offer_brands(app: Dash, api: ReviewsApi, field: str) -> None:
    @app.callback(Output(field, "data"), Input(field, "searchValue"), State(field, "data"), State(field, "value"))
    def offer(text: str | None, shown: list[Option], value: str | None) -> list[Option]:
        chosen = [option for option in shown if option["value"] == value]
        # The field shows the name of what is chosen as if it was searched for.
        if chosen and text == chosen[0]["label"]:
            raise PreventUpdate
        found = if_there(lambda: api.brands(BrandQuery(q=(text or "").strip(), limit=_OFFERED)))
        options = [_option(brand) for brand in found.items] if found else []
        return [*chosen, *(option for option in options if option not in chosen)]
