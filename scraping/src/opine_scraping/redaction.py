"""Takes reviewers' names out of what is kept: of items, and of the copies of pages that could not be read.

Companies greet by name in their answers, and some reviewers sign. What is caught: the name that the page shows for the
reviewer, and the name in an answer's greeting. What is not: other people whom a reviewer names in the text.

Of a page that no parser knows only the structure is kept: tags, classes, ids, numbers that are stars or counts, and the
keys of embedded JSON. Letters become `x`, digits `0`. Scripts that are no JSON and comments are left out. Where an
unknown markup keeps names cannot be known, so that nothing that could be one is kept.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lxml import html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PLACEHOLDER = "[name]"

_GREETING = re.compile(
    r"""^(\s*(?:hi|hello|hey|dear|good\ (?:morning|afternoon|evening|day)|hallo|hej|liebe[rs]?|guten\ (?:tag|morgen)
    |sehr\ geehrte[rs]?|bonjour|ch[eè]re?|hola|estimad[oa]|ciao|gentile|buongiorno|beste|kære|bästa|ol[áa])
    (?:\ (?:there|again|to|mr|mrs|ms|miss|mx|dr|herr|frau|madame|monsieur|señora?))?\.?[ ,]+)
    ([^\W\d_][^\s,.!:;]*(?:\ [^\W\d_][^\s,.!:;]*){0,2})(?=\s*(?:[,.!:;\n\u2013-]|$))""",
    re.IGNORECASE | re.VERBOSE,
)

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_KEPT_ATTRIBUTES = frozenset({"class", "id", "type", "rel", "name", "role", "charset", "http-equiv", "itemprop"})
_PLAIN_VALUE = re.compile(r"true|false|\d{1,3}|")
_STAR_VALUE = re.compile(r"\d star.{0,20}|[^?]*/stars-\d\.svg|next-page|/(?:categories|review)/?")
# Ids of reviewers and reviews look like this one.
_IDENTIFIER = re.compile(r"(?i)[0-9a-f]{16,}")


def redact_reply(text: str, name: str) -> str:
    """A company's answer without the name of the one whom it answers."""
    greeted = _GREETING.sub(_without_greeted, text)
    for part in [name, *name.split()]:
        greeted = _replace(greeted, part, whole_name=part == name)
    return re.sub(rf"{re.escape(PLACEHOLDER)}(?: {re.escape(PLACEHOLDER)})+", PLACEHOLDER, greeted)


def redact_review(text: str, name: str) -> str:
    """A reviewer's text without their full name; a single word, such as Grace or Will, may be meant otherwise."""
    return _replace(text, name, whole_name=True) if len(name.split()) > 1 else text


def _without_greeted(found: re.Match[str]) -> str:
    named = all(word[0].isupper() for word in found[2].split())
    return f"{found[1]}{PLACEHOLDER}" if named else found[0]


def _replace(text: str, part: str, *, whole_name: bool) -> str:
    # One letter is no name; a part of a name only counts as it is written, so that Will is not taken out of "will".
    if len(part) < 2:  # noqa: PLR2004
        return text
    flags = re.IGNORECASE if whole_name and len(part.split()) > 1 else re.NOFLAG
    return re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", PLACEHOLDER, text, flags=flags)


def mask_page(text: str) -> str:
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
            element.set(name, _mask(value))
    element.text = _mask_script(element.text or "") if element.tag in {"script", "style"} else _mask(element.text or "")
    element.tail = _mask(element.tail or "")


def _mask_script(text: str) -> str:
    try:
        return json.dumps(_mask_json(json.loads(text))).replace("</", "<\\/")
    except ValueError:
        return f"/* {len(text)} characters left out */" if text else ""


def _mask_json(data: Any) -> Any:  # noqa: ANN401  JSON
    match data:
        case dict():
            return {_IDENTIFIER.sub("0", key): _mask_json(value) for key, value in data.items()}
        case list():
            return [_mask_json(value) for value in data]
        case str():
            return _mask(data)
        case _:
            return data


def _mask(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))
