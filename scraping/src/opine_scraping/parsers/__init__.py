"""Pure functions from a page's text to what it says, chosen by looking at the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from opine_scraping.issues import ParseError, Reason
from opine_scraping.parsers.cards_2019 import Cards2019Categories, Cards2019Listing, Cards2019Reviews
from opine_scraping.parsers.next_data import NextDataCategories, NextDataListing, NextDataReviews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.parsers.page import CategoriesParser, ListingParser, Page, Recogniser, ReviewsParser

REVIEWS: tuple[ReviewsParser, ...] = (NextDataReviews(), Cards2019Reviews())
LISTINGS: tuple[ListingParser, ...] = (NextDataListing(), Cards2019Listing())
CATEGORIES: tuple[CategoriesParser, ...] = (NextDataCategories(), Cards2019Categories())

P = TypeVar("P", bound="Recogniser")


def choose_parser(parsers: Sequence[P], page: Page) -> P:
    """The parser of this page's markup.

    Raises:
        ParseError: none knows it.
    """
    for parser in parsers:
        if parser.recognises(page):
            return parser
    known = ", ".join(parser.name for parser in parsers)
    raise ParseError(Reason.UNKNOWN_MARKUP, f"not the markup of {known}")
