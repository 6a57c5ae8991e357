"""Reviews as they are typed: unfinished, in a hurry, in anger."""

from __future__ import annotations

import hashlib
import string
from typing import TYPE_CHECKING

import numpy as np

from opine_training.augmentation.typos import typos

if TYPE_CHECKING:
    from collections.abc import Callable

    Variant = Callable[[str], str]

TYPO_RATE = 0.05
_PUNCTUATION = str.maketrans("", "", string.punctuation + "\u2018\u2019\u201c\u201d\u2026\u2013\u2014")


def beginning(share: float) -> Variant:
    return lambda text: text[: max(1, round(len(text) * share))]


def with_typos(text: str) -> str:
    """A typo at one character in twenty; the same text always gets the same ones."""
    encoded = text.encode("utf-32-le")
    seed = int.from_bytes(hashlib.sha256(encoded).digest()[:8], "big")
    typed = typos(np.frombuffer(encoded, np.uint32), np.random.default_rng(seed), TYPO_RATE)
    return typed.tobytes().decode("utf-32-le")


def without_punctuation(text: str) -> str:
    return text.translate(_PUNCTUATION)


BEGINNINGS: dict[str, Variant] = {f"{share:.0%}": beginning(share) for share in (0.25, 0.5, 0.75)}
ROBUSTNESS: dict[str, Variant] = {
    "typos": with_typos,
    "capitals": str.upper,
    "no_punctuation": without_punctuation,
}
VARIANTS = BEGINNINGS | ROBUSTNESS
