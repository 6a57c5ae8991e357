"""A brand's logo, drawn from its name: no picture is fetched from anywhere."""

import zlib
from typing import Any

from dash import html

from opine_frontend.components.dom import aria

_HUES = 24


def monogram(name: str, slug: str, *, element_id: str | None = None, size: str = "m") -> html.Span:
    properties: dict[str, Any] = {} if element_id is None else {"id": element_id}
    return html.Span(
        initials(name),
        className=f"monogram monogram-{size}",
        style={"--hue": str(hue(slug))},
        **aria(hidden="true"),
        **properties,
    )


def initials(name: str) -> str:
    """Two letters: of the first two words, or the first two of a single word."""
    words = [word for word in ("".join(filter(str.isalnum, part)) for part in name.split()) if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:1].upper() + words[0][1:2]
    return (words[0][0] + words[1][0]).upper()


def hue(slug: str) -> int:
    """One of 24 hues in degrees, always the same for a slug."""
    return zlib.crc32(slug.encode()) % _HUES * (360 // _HUES)
