"""Atomic files: written aside and renamed, so a run that is cut off leaves no half."""

import os
from pathlib import Path


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file, or leave the one that was there.

    Args:
        path: in a folder that is there.
        text: written as UTF-8.
        mode: its permissions from the first byte on, for a secret's sake.
    """
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
