"""What one line asks."""

from __future__ import annotations

from opine_sentiment.json_input import parse_json
from opine_sentiment.text_errors import TextError, text_error


def parse_line(line: bytes | None, max_characters: int) -> str | TextError:
    """A text that can be scored, or why there is none.

    Args:
        line: such as `{"text": "Great shop!"}`; None for one that was too long to read.
        max_characters: code points that a text may have.
    """
    if line is None:
        return TextError("too_long", f"the line is too long for a text of {max_characters} characters")
    try:
        fields = parse_json(line)
    except (ValueError, RecursionError):
        return _malformed("the line is not JSON")
    if not isinstance(fields, dict) or set(fields) != {"text"}:
        return _malformed('the line must be an object like {"text": "..."}')
    text = fields["text"]
    if not isinstance(text, str):
        return _malformed("text must be a string")
    return text_error(text, max_characters) or text


def _malformed(message: str) -> TextError:
    return TextError("malformed", message)
