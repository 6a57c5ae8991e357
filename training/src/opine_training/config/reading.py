from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LabelScheme = Literal["auto", "stars", "ten", "names", "two"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    text: str = "text"
    rating: str = "rating"
    split: str = "split"
    """Says train, val or test; where a file has no such column, a hash of the text decides."""
    source: str = ""
    """Says where a row comes from; empty: the file's name says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfig:
    """How review files are read."""

    columns: Columns = field(default_factory=Columns)
    labels: LabelScheme = "auto"
    """`stars` 1-5; `ten` 1-10, halved and rounded up; `names` bad, average, good; `two` 0 or 1, to evaluate only.
    `auto` sees names, takes a file of nothing but 0 and 1 for two classes and any other for stars."""
    encoding: str = "utf-8"
    separator: str = ","
    max_rows: int = 0
    """Most rows read of a file, for a quick try; 0 reads all."""
