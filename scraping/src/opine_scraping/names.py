"""Takes reviewers' names out of what is kept.

Companies greet by name in their answers, and some reviewers sign. What is caught: the name that the page shows for the
reviewer, and the name in an answer's greeting. What is not: other people whom a reviewer names in the text.
"""

from __future__ import annotations

import re

PLACE = "[name]"

_GREETING = re.compile(
    r"""^(\s*(?:hi|hello|hey|dear|good\ (?:morning|afternoon|evening|day)|hallo|hej|liebe[rs]?|guten\ (?:tag|morgen)
    |sehr\ geehrte[rs]?|bonjour|ch[eè]re?|hola|estimad[oa]|ciao|gentile|buongiorno|beste|kære|bästa|ol[áa])
    (?:\ (?:there|again|to|mr|mrs|ms|miss|mx|dr|herr|frau|madame|monsieur|señora?))?\.?[ ,]+)
    ([^\W\d_][^\s,.!:;]*(?:\ [^\W\d_][^\s,.!:;]*){0,2})(?=\s*(?:[,.!:;\n\u2013-]|$))""",
    re.IGNORECASE | re.VERBOSE,
)


def out_of_reply(text: str, name: str) -> str:
    """A company's answer without the name of the one whom it answers."""
    greeted = _GREETING.sub(_without_greeted, text)
    for part in [name, *name.split()]:
        greeted = _replace(greeted, part, whole_name=part == name)
    return re.sub(rf"{re.escape(PLACE)}(?: {re.escape(PLACE)})+", PLACE, greeted)


def out_of_review(text: str, name: str) -> str:
    """A reviewer's text without their full name; a single word, such as Grace or Will, may be meant otherwise."""
    return _replace(text, name, whole_name=True) if len(name.split()) > 1 else text


def _without_greeted(found: re.Match[str]) -> str:
    named = all(word[0].isupper() for word in found[2].split())
    return f"{found[1]}{PLACE}" if named else found[0]


def _replace(text: str, part: str, *, whole_name: bool) -> str:
    # One letter is no name; a part of a name only counts as it is written, so that Will is not taken out of "will".
    if len(part) < 2:  # noqa: PLR2004
        return text
    flags = re.IGNORECASE if whole_name and len(part.split()) > 1 else re.NOFLAG
    return re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", PLACE, text, flags=flags)
