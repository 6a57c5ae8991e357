"""Made-up reviews: words and lengths are those of reviews, the sentences are nobody's."""

from __future__ import annotations

import random

# Lengths of 34,296 validation reviews, every twentieth part.
LENGTH_MIX = (25, 40, 56, 75, 96, 118, 141, 159, 183, 210, 237, 269, 303, 342, 386, 437, 499, 594, 771)
LENGTHS = (60, 150, 300, 600, 1000)

_SUBJECTS = ("the parcel", "support", "this shop", "the jacket", "my order", "the app", "their driver", "the refund")
_VERBS = ("was", "is", "seemed", "turned out", "stayed", "felt", "became")
_JUDGEMENTS = (
    "excellent", "great", "really good", "fine", "okay", "nothing special", "slow", "not good at all", "terrible",
    "a complete waste of money", "better than expected", "worse than last year", "exactly as described", "broken",
)  # fmt: skip
_LINKS = (". ", ", but ", ", and ", "! ", "... ", ", so ", " - ", "; ")


def review(characters: int, rng: random.Random) -> str:
    """A text of exactly so many characters."""
    text = ""
    while len(text) < characters:
        clause = f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_JUDGEMENTS)}{rng.choice(_LINKS)}"
        text += clause if rng.random() < 0.5 else clause.capitalize()  # noqa: PLR2004  half of them
    return text[:characters]


def reviews(count: int, characters: int | None, seed: int = 7) -> list[str]:
    """Texts of one length, or of the mix."""
    rng = random.Random(seed)
    return [review(characters or rng.choice(LENGTH_MIX), rng) for _ in range(count)]
