"""Which characters a text may have: those that UTF-8 and PostgreSQL can hold, and one kind of line end."""

from typing import Annotated

from pydantic import BeforeValidator


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


def replace_unstorable(text: str) -> str:
    """The text with a replacement character for each NUL and each lone surrogate."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


StorableText = Annotated[str, BeforeValidator(require_storable)]
