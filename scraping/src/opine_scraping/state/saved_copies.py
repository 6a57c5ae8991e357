"""Pages that could not be read, as files beside the report."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from opine_scraping.masking import masked

if TYPE_CHECKING:
    from pathlib import Path


class SavedCopies:
    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._left = most

    def save(self, url: str, text: str) -> str | None:
        """Keep a masked copy.

        Returns:
            Its path, or None once there are enough.
        """
        path = self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.html"
        if path.exists():
            return str(path)
        if self._left <= 0:
            return None
        self._left -= 1
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<!-- {url.replace('--', '- -')} -->\n{masked(text)}", encoding="utf-8")
        return str(path)
