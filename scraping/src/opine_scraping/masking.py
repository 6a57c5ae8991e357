"""A page's structure without its words: enough to mend a parser, and nobody's name.

Kept are tags, classes, ids, numbers that are stars or counts, and the keys of embedded JSON. Letters become `x`, digits
`0`. Scripts that are no JSON and comments are left out. Where an unknown markup keeps names cannot be known, so that
nothing that could be one is kept.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lxml import html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_KEPT_ATTRIBUTES = frozenset({"class", "id", "type", "rel", "name", "role", "charset", "http-equiv", "itemprop"})
_PLAIN_VALUE = re.compile(r"true|false|\d{1,3}|")
_STAR_VALUE = re.compile(r"\d star.{0,20}|[^?]*/stars-\d\.svg|next-page|/(?:categories|review)/?")
# Ids of reviewers and reviews look like this one.
_IDENTIFIER = re.compile(r"(?i)[0-9a-f]{16,}")


def masked(text: str) -> str:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(text.encode(errors="replace") or b"<html></html>", parser)
    for element in tree.iter():
        _mask_element(element)
    return str(html.tostring(tree, encoding="unicode"))


def _mask_element(element: HtmlElement) -> None:
    for name, value in element.attrib.items():
        if name in _KEPT_ATTRIBUTES:
            element.set(name, _IDENTIFIER.sub("0", value))
        elif not _PLAIN_VALUE.fullmatch(value) and not _STAR_VALUE.fullmatch(value):
            element.set(name, _words(value))
    element.text = _script(element.text or "") if element.tag in {"script", "style"} else _words(element.text or "")
    element.tail = _words(element.tail or "")


def _script(text: str) -> str:
    try:
        return json.dumps(_values(json.loads(text))).replace("</", "<\\/")
    except ValueError:
        return f"/* {len(text)} characters left out */" if text else ""


def _values(data: Any) -> Any:  # noqa: ANN401  JSON
    match data:
        case dict():
            return {_IDENTIFIER.sub("0", key): _values(value) for key, value in data.items()}
        case list():
            return [_values(value) for value in data]
        case str():
            return _words(data)
        case _:
            return data


def _words(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))
