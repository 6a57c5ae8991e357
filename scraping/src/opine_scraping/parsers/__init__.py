"""Pure functions from a page's text to what it says, chosen by looking at the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from opine_scraping.parsers.cards_2019.categories import Cards2019Categories
from opine_scraping.parsers.cards_2019.listing import Cards2019Listing
from opine_scraping.parsers.cards_2019.reviews import Cards2019Reviews
from opine_scraping.parsers.next_data.categories import NextDataCategories
from opine_scraping.parsers.next_data.listing import NextDataListing
from opine_scraping.parsers.next_data.reviews import NextDataReviews
from opine_scraping.parsers.page import (
    CategoriesParser,
    ListingParser,
    Page,
    ParseError,
    Recogniser,
    ReviewsParser,
)
from opine_scraping.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

REVIEWS: tuple[ReviewsParser, ...] = (NextDataReviews(), Cards2019Reviews())
LISTINGS: tuple[ListingParser, ...] = (NextDataListing(), Cards2019Listing())
CATEGORIES: tuple[CategoriesParser, ...] = (NextDataCategories(), Cards2019Categories())

P = TypeVar("P", bound=Recogniser)


def choose(parsers: Sequence[P], page: Page) -> P:
    """The parser of this page's markup.

    Raises:
        ParseError: none knows it.
    """
    for parser in parsers:
        if parser.recognises(page):
            return parser
    known = ", ".join(parser.name for parser in parsers)
    raise ParseError(Reason.UNKNOWN_MARKUP, f"not the markup of {known}")
