"""Takes reviewers' names out of what is kept: of items, and of the copies of pages that could not be read.

Companies greet by name in their answers, and some reviewers sign. What is caught: the name that the page shows for the
reviewer, or, where it shows none in its usual place, whatever else of the review looks like one; the name in an
answer's greeting and under a review's regards. What is not: other people whom a reviewer names in the text.

Of a page that no parser knows only the structure is kept: tags, classes, ids, numbers that are stars or counts, and the
keys of embedded JSON. Letters become `x`, digits `0`. Scripts that are no JSON and comments are left out. Where an
unknown markup keeps names cannot be known, so that nothing that could be one is kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from lxml import etree, html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from lxml.html import HtmlElement

PLACEHOLDER = "[name]"

_GREETING = re.compile(
    r"""^(\s*(?:hi|hello|hey|dear|good\ (?:morning|afternoon|evening|day)|hallo|hej|liebe[rs]?|guten\ (?:tag|morgen)
    |sehr\ geehrte[rs]?|bonjour|ch[eè]re?|hola|estimad[oa]|ciao|gentile|buongiorno|beste|kære|bästa|ol[áa])
    (?:\ (?:there|again|to|mr|mrs|ms|miss|mx|dr|herr|frau|madame|monsieur|señora?))?\.?[ ,]+)
    ([^\W\d_][^\s,.!:;]*(?:\ [^\W\d_][^\s,.!:;]*){0,2})(?=\s*(?:[,.!:;\n\u2013-]|$))""",
    re.IGNORECASE | re.VERBOSE,
)

_SIGNATURE = re.compile(
    r"((?:regards|sincerely|faithfully|truly|grüße|cordialement|saludos)[,.!]?\s+)"
    r"(?-i:[A-ZÀ-Þ][\w'\u2019.-]*(?: [A-ZÀ-Þ][\w'\u2019.-]*){0,2})\s*$",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'\u2019.-]*(?:['\u2019.-][^\W\d_]*)*")
_MOST_NAME_WORDS = 4
_LONGEST_NAME = 60  # characters; a longer one is a sentence
# A review's own words, which are redacted and not searched.
_PROSE = frozenset({"title", "text", "message"})

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_KEPT_ATTRIBUTES = frozenset({"class", "id", "type", "rel", "name", "role", "charset", "http-equiv", "itemprop"})
_PLAIN_VALUE = re.compile(r"true|false|\d{1,3}|")
_STAR_VALUE = re.compile(
    r"\d stars?(?:: (?:Bad|Poor|Average|Great|Excellent))?|(?://[a-z.-]+)?/stars-\d\.svg|next-page|/(?:categories|review)/?"
)
# What a developer writes for a key; a key that occurs once and is not ours may be a person's.
_DEVELOPERS_KEY = re.compile(r"[a-z_@$][\w$@-]{0,40}")
_OUR_KEYS = frozenset(
    re.findall(
        r"\w+",
        "props pageProps businessUnit businessUnits businesses reviews filters pagination currentPage perPage "
        "totalCount totalPages identifyingName displayName websiteUrl profileImageUrl breadcrumb id rating title "
        "text labels verification isVerified dates publishedDate consumer countryCode reply message language "
        "contact website",
    )
)
# Words of the markup that headings share.
_CLASS_WORDS = frozenset(
    re.findall(
        r"\w+",
        "review reviews card content rating star stars title text header body name date reply",
    )
)
# Ids of reviewers and reviews look like this one.
_IDENTIFIER = re.compile(r"(?i)[0-9a-f]{16,}")


def redact_reply(text: str, *names: str) -> str:
    """A company's answer without the names of the one whom it answers."""
    found = _GREETING.sub(_without_greeted, text)
    for name in names:
        # The whole name first, or its parts would leave two placeholders and what stood between them.
        for part in [name, *name.split()]:
            found = _replace(found, part, whole_name=part == name)
    return re.sub(rf"{re.escape(PLACEHOLDER)}(?: {re.escape(PLACEHOLDER)})+", PLACEHOLDER, found)


def redact_review(text: str, *names: str) -> str:
    """A reviewer's text without their full name; a single word, such as Grace or Will, may be meant otherwise."""
    for name in names:
        if len(name.split()) > 1:
            text = _replace(text, name, whole_name=True)
    return _SIGNATURE.sub(rf"\1{PLACEHOLDER}", text)


def looks_like_name(text: str) -> bool:
    """One to four words of letters, the first one capital: what a page shows for a person, and little else."""
    words = text.split()
    return (
        1 <= len(words) <= _MOST_NAME_WORDS
        and len(text) <= _LONGEST_NAME
        and text[:1].isupper()
        and all(_NAME_WORD.fullmatch(word) for word in words)
    )


def find_names(data: object, key: str = "") -> set[str]:
    """Names in a review's JSON, wherever its markup puts them: what a key calls a name, and what looks like one."""
    match data:
        case dict():
            return {name for inner, value in data.items() if inner not in _PROSE for name in find_names(value, inner)}
        case list():
            return {name for value in data for name in find_names(value, key)}
        case str() if looks_like_name(data) or ("name" in key.lower() and len(data) <= _LONGEST_NAME):
            return {data.strip()}
    return set()


def _without_greeted(found: re.Match[str]) -> str:
    named = all(word[0].isupper() for word in found[2].split())
    return f"{found[1]}{PLACEHOLDER}" if named else found[0]


def _replace(text: str, part: str, *, whole_name: bool) -> str:
    # One letter is no name; a part of a name only counts as it is written, so that Will is not taken out of "will".
    if len(part) < 2:  # noqa: PLR2004
        return text
    flags = re.IGNORECASE if whole_name and len(part.split()) > 1 else re.NOFLAG
    return re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", PLACEHOLDER, text, flags=flags)


def parse_document(text: str, *, comments: bool = True) -> HtmlElement:
    """A page as elements, whatever it holds; with or without comments and processing instructions."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=not comments, remove_pis=not comments)
    try:
        # lxml refuses text that declares an encoding; bytes may.
        return html.document_fromstring(text.encode(errors="replace"), parser)
    except etree.ParserError:  # nothing in it, or nothing but blanks and comments
        return html.document_fromstring(b"<html></html>", parser)


def redact_page(text: str) -> str:
    """A page's structure without anything that could be a name; for a page that no parser knows."""
    # Whoever mends a parser needs to see where things stand, not what stands there.
    tree = parse_document(text, comments=False)
    people = _people(tree)
    for element in tree.iter():
        _redact_element(element, people)
    return str(html.tostring(tree, encoding="unicode"))


def _people(tree: HtmlElement) -> frozenset[str]:
    """Parts, in small letters, of what looks like a name of two words or more, as far as no class is called so."""
    shown = (text.strip() for text in tree.itertext() if len(text) <= _LONGEST_NAME)
    parts = {part.lower() for text in shown if " " in text and looks_like_name(text) for part in text.split()}
    return frozenset(parts - _CLASS_WORDS)


def _redact_element(element: HtmlElement, people: frozenset[str]) -> None:
    for name, value in element.attrib.items():
        if name in _KEPT_ATTRIBUTES:
            element.set(name, _redact_people(_IDENTIFIER.sub("0", value), people))
        elif not _PLAIN_VALUE.fullmatch(value) and not _STAR_VALUE.fullmatch(value):
            element.set(name, _crossed_out(value))
    is_code = element.tag in {"script", "style"}
    element.text = _redact_script(element.text or "") if is_code else _crossed_out(element.text or "")
    element.tail = _crossed_out(element.tail or "")


def _redact_people(value: str, people: frozenset[str]) -> str:
    return re.sub(r"[^\W\d_]+", lambda found: _crossed_out(found[0]) if found[0].lower() in people else found[0], value)


def _redact_script(text: str) -> str:
    try:
        data = json.loads(text)
        counts = Counter(_keys(data))
        kept = _OUR_KEYS | {key for key, count in counts.items() if count > 1 and _DEVELOPERS_KEY.fullmatch(key)}
        return json.dumps(_redact_json(data, kept)).replace("</", "<\\/")
    except (ValueError, RecursionError):
        return f"/* {len(text)} characters left out */" if text else ""


def _keys(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _keys(value)


def _redact_json(data: Any, kept: AbstractSet[str]) -> Any:  # noqa: ANN401  JSON
    match data:
        case dict():
            return {key if key in kept else _crossed_out(key): _redact_json(value, kept) for key, value in data.items()}
        case list():
            return [_redact_json(value, kept) for value in data]
        case str():
            return _crossed_out(data)
        case _:
            return data


def _crossed_out(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))
