from __future__ import annotations


def storable(text: str) -> str:
    """The text with a replacement character for what PostgreSQL cannot hold: U+0000 and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def optional(text: str | None) -> str | None:
    return None if text is None else storable(text)


def at_most(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
