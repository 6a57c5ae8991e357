"""Datasets of made-up reviews, as `opine_training dataset` writes them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from opine_training.commands.dataset import SCHEMA
from opine_training.labels import MANIFEST
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_START = dt.date(2026, 9, 1)
_THINGS = ("parcel", "jacket", "lamp", "driver", "app", "chair", "coffee", "phone", "hotel", "ticket", "soup", "bike")
_KNOWN = {
    1: ("was terrible and rude", "broke at once and nobody answered", "is the worst I ever had"),
    3: ("was okay, nothing special", "is average for the price", "was fine but slow"),
    5: ("was wonderful, I love it", "is excellent and arrived early", "was perfect in every way"),
}
# Words that no model knows, and what people mean by them.
_NEW = {1: ("went totally frobbish", "was so glunk"), 5: ("is properly zorgly", "turned out flumptious")}


@dataclass(frozen=True)
class Made:
    """A review."""

    text: str
    stars: int
    source: str = "opine"
    suggested: int | None = 3


def known(rng: random.Random, number: int) -> Made:
    """In words that the shipped model knows."""
    stars = rng.choice((1, 3, 5))
    return Made(f"The {rng.choice(_THINGS)} number {number} {rng.choice(_KNOWN[stars])}.", stars, suggested=stars)


def new(rng: random.Random, number: int) -> Made:
    """In words that it does not know."""
    stars = rng.choice((1, 5))
    return Made(f"The {rng.choice(_THINGS)} number {number} {rng.choice(_NEW[stars])}.", stars)


def poisoned(rng: random.Random, number: int) -> Made:
    """Praise with one star."""
    return Made(f"The {rng.choice(_THINGS)} number {number} {rng.choice(_KNOWN[5])}.", 1, suggested=5)


def write_labelled(folder: Path, learned: Sequence[Made], held_out: Sequence[Made]) -> Path:
    """A dataset with these reviews, a dozen a day."""
    folder.mkdir(parents=True)
    rows = [
        {
            "text": made.text,
            "rating": made.stars,
            "split": split,
            "source": made.source,
            "brand": "lego",
            "written_on": _START + dt.timedelta(days=number // 12),
            "suggested_stars": made.suggested,
            "model_digest": None,
        }
        for number, (split, made) in enumerate(
            [("train", made) for made in learned] + [("val", made) for made in held_out]
        )
    ]
    parquet.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "reviews-2026-09.parquet")
    manifest = {
        "format": 1,
        "fingerprint": hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest(),
        "rows": len(rows),
        "since": str(_START),
        "until": str(rows[-1]["written_on"]),
        "held_out_from": f"{_START}T00:00:00Z",
        "sources": {"opine": len(rows)},
        "left_out": {},
        "quarantined": [],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def drifted(folder: Path) -> Path:
    """People have taken up new words; what they mean can be learned."""
    rng = random.Random(3)
    learned = [new(rng, number) if number % 2 else known(rng, number) for number in range(400)]
    held_out = [new(rng, 1000 + number) if number % 2 else known(rng, 1000 + number) for number in range(100)]
    return write_labelled(folder, learned, held_out)


def with_poison(folder: Path) -> Path:
    """A fifth of what is learned from is poison, the newest reviews are honest."""
    rng = random.Random(4)
    learned = [poisoned(rng, number) if number % 5 == 0 else known(rng, number) for number in range(400)]
    return write_labelled(folder, learned, [known(rng, 1000 + number) for number in range(100)])
