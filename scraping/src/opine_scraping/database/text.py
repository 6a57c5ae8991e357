from __future__ import annotations

from opine_common.text import replace_unstorable


def optional(text: str | None) -> str | None:
    return None if text is None else replace_unstorable(text)


def at_most(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
