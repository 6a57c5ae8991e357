"""A text's hash and the split that follows from it, after the README of the reviews this was built with."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

Split = Literal["train", "val", "test"]

_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_TEST, _VAL, _PARTS = 10, 20, 100
_PARTS_OF_TRAINING = 1000


def normalised(text: str) -> str:
    """Lower-cased, with everything but a-z and 0-9 removed."""
    return _NOT_ALPHANUMERIC.sub("", text.lower())


def text_digest(text: str) -> int:
    """The first 64 bits of the normalised text's MD5; of the text itself where nothing is left of it."""
    key = normalised(text) or text
    return int.from_bytes(hashlib.md5(key.encode(errors="surrogatepass"), usedforsecurity=False).digest()[:8], "big")


def split_of(digest: int) -> Split:
    """train, val or test in 80, 10 and 10 parts, by the first 32 bits: a text stays in its part as files are added."""
    part = (digest >> 32) % _PARTS
    return "test" if part < _TEST else "val" if part < _VAL else "train"


def is_tuning(digest: int, share: float) -> bool:
    """Whether a training row is kept aside for early stopping and calibration, by bits that no split looks at."""
    return _within(digest >> 8, share)


def is_chosen(digest: int, share: float) -> bool:
    """Whether a training row is in a share of them, by yet other bits."""
    return _within(digest >> 16, share)


def _within(bits: int, share: float) -> bool:
    return bits % _PARTS_OF_TRAINING < round(_PARTS_OF_TRAINING * share)
