"""Which reviews an address asks for."""

import pytest
from opine_frontend.pages.review_filters import ReviewFilters
from opine_frontend.reviews_api.schemas import ReviewQuery


@pytest.mark.parametrize(
    ("address", "filters"),
    [
        ("", ReviewFilters()),
        ("?term=slow+delivery", ReviewFilters(term="slow delivery")),
        ("?q=caf%C3%A9&stars=1&sort=oldest", ReviewFilters(q="café", stars="1", sort="oldest")),
        ("?term=a%26b", ReviewFilters(term="a&b")),
    ],
)
def test_an_address_leads_to_what_it_was_made_of(address: str, filters: ReviewFilters) -> None:
    assert ReviewFilters.of_address(address) == filters
    assert filters.address == address


@pytest.mark.parametrize(
    "address", ["?stars=6", "?stars=five", "?sort=best%27--", "?q=+", "?q=%00", "?term=", "?limit=9"]
)
def test_what_is_none_of_the_choices_is_left_out(address: str) -> None:
    assert ReviewFilters.of_address(address) == ReviewFilters()


def test_a_search_is_as_long_as_the_api_takes() -> None:
    assert len(ReviewFilters.of_address("?q=" + "x" * 999).q) == 200


def test_an_order_is_asked_as_the_api_knows_it() -> None:
    query = ReviewFilters(term="late", sort="worst").query("nike", limit=8, cursor="c")
    assert query == ReviewQuery(brand="nike", term="late", sort="stars", order="asc", limit=8, cursor="c")
    assert not ReviewFilters(sort="worst").narrow
    assert ReviewFilters(q="late").narrow
