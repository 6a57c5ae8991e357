from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response


def headers_of(response: Response) -> dict[str, str]:
    """By lower-case name; a repeated one with its values joined."""
    return {str(name).lower(): str(value) for name, value in response.headers.to_unicode_dict().items()}
