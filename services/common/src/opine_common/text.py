"""Which characters a text may have: those that UTF-8 and PostgreSQL can hold, and one kind of line end.

Besides, the words of English that say nothing of what a text is about.
"""

import codecs
from typing import Annotated

from pydantic import BeforeValidator

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those i me my you your he him his she her it its we us our they them their there here
    am is are was were be been being have has had do does did will would can could shall should may might must
    and or but nor so as if then than that which who whom whose when where while because
    of to in on at by for from with into onto over under about after before during through up down out off
    i'm i've i'd i'll you're you've it's we're we've they're they've that's there's
    """.split()  # noqa: SIM905  words in quotes are harder to read
)
"""English words that only join others, in small letters; none that turns a sentence around, such as "not"."""


def lone_surrogate(text: str) -> int | None:
    """Where the first half of a surrogate pair is, which JSON can spell and no Unicode text has; None without one."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def require_storable(value: object) -> object:
    """Refuse a NUL and lone surrogates; leave anything that is no string to the type's own check.

    Raises:
        ValueError: says which, where, and what to do.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("holds a NUL character (U+0000), which cannot be stored; remove it")
        if (position := lone_surrogate(value)) is not None:
            raise ValueError(
                f"holds half of a surrogate pair at position {position}, which is no character; send valid Unicode",
            )
    return value


def unix_line_ends(text: str) -> str:
    """The text with LF for each CRLF and each CR: how a line ends depends on what the text was typed with."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_marked(content: bytes, errors: str = "strict") -> str:
    """UTF-16 where a byte order mark says so, otherwise UTF-8; without the mark.

    Raises:
        UnicodeDecodeError: it is neither, and `errors` does not replace what is not.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig", errors)


def replace_unstorable(text: str) -> str:
    """The text with a replacement character for each NUL and each lone surrogate."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    r"""The text for a terminal: what would steer it (`\x1b[2J`), hide or turn around stands as Python writes it."""
    return "".join(one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)


StorableText = Annotated[str, BeforeValidator(require_storable)]
