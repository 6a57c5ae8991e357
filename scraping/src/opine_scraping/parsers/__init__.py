"""Pure functions from a page's text to what it says, chosen by looking at the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from opine_scraping.issues import ParseError, Reason
from opine_scraping.parsers.cards_2019 import Cards2019Categories, Cards2019Listing, Cards2019Reviews
from opine_scraping.parsers.next_data import NextDataCategories, NextDataListing, NextDataReviews
from opine_scraping.parsers.page import where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.issues import ParseIssue
    from opine_scraping.parsers.page import (
        CategoriesParser,
        ListingParser,
        ListRead,
        Page,
        Recogniser,
        ReviewsParser,
        SubCategory,
    )

# Today's markup first: its mark, one script with an id, is the surer one.
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


def parse_list(parsers: Sequence[ReviewsParser | ListingParser], page: Page) -> ListRead:
    """A page of reviews or companies.

    Raises:
        ParseError: no parser knows it, or the one that does fails on it.
    """
    return _parse(parsers, page)  # type: ignore[return-value]  # as these parsers do


def parse_categories(page: Page) -> tuple[SubCategory | ParseIssue, ...]:
    """The index of categories; raises as `parse_list`."""
    return _parse(CATEGORIES, page)  # type: ignore[return-value]  # as these parsers do


def _parse(
    parsers: Sequence[ReviewsParser | ListingParser] | Sequence[CategoriesParser], page: Page
) -> ListRead | tuple[SubCategory | ParseIssue, ...]:
    try:
        return choose_parser(parsers, page).parse(page)
    except ParseError:
        raise
    except ValidationError as error:
        raise ParseError(Reason.UNKNOWN_MARKUP, where(error)) from error
    except Exception as error:
        # Values of any kind come from outside: a page that a parser fails on is one that cannot be read.
        raise ParseError(Reason.UNKNOWN_MARKUP, f"the parser fails: {type(error).__name__}") from error
