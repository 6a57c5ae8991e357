"""The JSON that today's pages are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opine_scraping.parsers.page import ParseError
from opine_scraping.reasons import Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page


def has_script(page: Page) -> bool:
    return page.next_data is not None


def page_props(page: Page) -> dict[str, Any]:
    """`props.pageProps`.

    Raises:
        ParseError: there is none, or it is no object.
    """
    match page.next_data:
        case {"props": {"pageProps": dict(found)}}:
            return found
    raise ParseError(Reason.UNKNOWN_MARKUP, "__NEXT_DATA__ has no props.pageProps")
