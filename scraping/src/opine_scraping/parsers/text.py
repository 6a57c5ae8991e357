"""Small readings that both markups share."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BREAK = re.compile(r"\s+")
_COMPANY_PATH = re.compile(r"/review/([^/?#]+)")


def text_of(element: HtmlElement) -> str:
    """All its text nodes, trimmed and joined by a space, as `<br>` splits them."""
    return " ".join(part for node in element.itertext() if (part := _BREAK.sub(" ", node).strip()))


def first(element: HtmlElement, css_xpath: str) -> HtmlElement | None:
    found = element.xpath(css_xpath)
    return found[0] if found else None


def has_class(name: str) -> str:
    """An XPath condition: the class is among the element's classes."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def web_address(link: str | None) -> str | None:
    """An http(s) address without query and fragment, where tracking parameters live; None for anything else."""
    if not link:
        return None
    parts = urlsplit(f"https:{link}" if link.startswith("//") else link.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return parts._replace(query="", fragment="").geturl()


def company_of(url: str) -> str | None:
    """`bt.com` of `/review/bt.com?page=2`."""
    found = _COMPANY_PATH.search(urlsplit(url).path)
    return unquote(found[1]) if found else None


def stable_id(*parts: str) -> str:
    """For a card that shows no id: the same for the same words."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def page_number(url: str) -> int:
    """`page` of the query; the first page's address has none."""
    number = parse_qs(urlsplit(url).query).get("page", ["1"])[0]
    return int(number) if number.isdecimal() else 1
