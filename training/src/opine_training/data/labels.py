"""What a file's rating column says, as stars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from charcnn.config import STARS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from opine_training.config.reading import LabelScheme

Scheme = Literal["stars", "ten", "names", "two"]


def _forms(values: dict[int, int]) -> dict[str, int]:
    return {form: star for value, star in values.items() for form in (f"{value}", f"{value}.0")}


RATINGS: dict[Scheme, dict[str, int]] = {
    "stars": _forms({star: star for star in STARS}),
    "ten": _forms({value: (value + 1) // 2 for value in range(1, 11)}),
    "names": {"bad": 1, "average": 3, "good": 5},
    "two": _forms({0: 1, 1: 5}),
}
"""Stars by the form in which a file has them. Names and two classes have no stars of their own: theirs stand in."""

EXPECTED: dict[Scheme, str] = {
    "stars": "one of 1-5",
    "ten": "one of 1-10",
    "names": "bad, average or good",
    "two": "0 or 1",
}


def scheme_of(labels: LabelScheme, ratings: AbstractSet[str]) -> Scheme:
    """The scheme that was asked for, or what the distinct ratings of a file look like."""
    if labels != "auto":
        return labels
    if ratings & set(RATINGS["names"]):
        return "names"
    if ratings and ratings <= set(RATINGS["two"]) and ratings & {"0", "0.0"}:
        return "two"
    return "stars"
