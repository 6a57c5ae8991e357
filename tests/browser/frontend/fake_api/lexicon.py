"""A sentiment that a test can foresee: the sum of known words."""

import math
import re

WORDS = {
    "great": 2.0,
    "love": 1.8,
    "friendly": 1.2,
    "good": 1.0,
    "fine": 0.4,
    "late": -0.9,
    "slow": -1.1,
    "rude": -1.6,
    "broken": -1.7,
    "terrible": -2.2,
}
_WORD = re.compile(r"[a-z]+")


def contributions(text: str) -> list[float]:
    shares = [0.0] * len(text)
    for match in _WORD.finditer(text.lower()):
        weight = WORDS.get(match.group(), 0.0)
        for index in range(match.start(), match.end()):
            shares[index] = weight / len(match.group())
    return shares


def predict(text: str, *, explain: bool) -> dict[str, object]:
    shares = contributions(text)
    centre = 1 + 4 / (1 + math.exp(-sum(shares)))
    weights = [math.exp(-((stars - centre) ** 2)) for stars in range(1, 6)]
    probabilities = [weight / sum(weights) for weight in weights]
    expected = sum(stars * chance for stars, chance in enumerate(probabilities, start=1))
    stars = max(range(1, 6), key=lambda number: probabilities[number - 1])
    prediction: dict[str, object] = {
        "score": (expected - 1) / 4,
        "label": "bad" if stars < 3 else "average" if stars == 3 else "good",
        "stars": stars,
        "star_probabilities": probabilities,
    }
    if explain:
        prediction["contributions"] = shares
    return {"model": {"name": "fake", "version": "1.0.0"}, "prediction": prediction}
