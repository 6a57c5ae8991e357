"""The JSON that today's pages are made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from opine_scraping.parsers.page import ParseError
from opine_scraping.reasons import Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page

_SCRIPT = "//script[@id='__NEXT_DATA__']/text()"


def has_script(page: Page) -> bool:
    return bool(page.tree.xpath(_SCRIPT))


def page_props(page: Page) -> dict[str, Any]:
    """`props.pageProps`.

    Raises:
        ParseError: damaged, or no object.
    """
    try:
        found = json.loads(page.tree.xpath(_SCRIPT)[0])["props"]["pageProps"]
    except (ValueError, LookupError, TypeError) as error:
        raise ParseError(Reason.UNKNOWN_MARKUP, "__NEXT_DATA__ is damaged or has no props.pageProps") from error
    if not isinstance(found, dict):
        raise ParseError(Reason.UNKNOWN_MARKUP, "props.pageProps is no object")
    return found
