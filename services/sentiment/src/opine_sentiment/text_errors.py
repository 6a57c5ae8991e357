"""Why one text cannot be scored while its neighbours can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TextError:
    code: Literal["too_long", "invalid", "malformed", "internal"]
    message: str


INTERNAL = TextError("internal", "the text could not be scored; the service's log has the reason")


def text_error(text: str, max_characters: int) -> TextError | None:
    """What is wrong with a text before any model has seen it."""
    if len(text) > max_characters:
        return TextError("too_long", f"the text has {len(text)} characters; {max_characters} are allowed")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return TextError("invalid", f"character {error.start} is half of a surrogate pair, so this is no Unicode text")
    return None
