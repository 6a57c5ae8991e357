"""A sentiment that a test can foresee: the sum of known words."""

import hashlib
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


NOT_JUDGED = {"schlecht": "language", "tuesday": "no_opinion"}


def words(text: str) -> list[tuple[int, int, float]]:
    """As the API answers `explain: "words"`."""
    return [
        (*match.span(), sum(WORDS.get(letters, 0.0) for letters in re.findall("[a-z]+", match.group().lower())))
        for match in re.finditer(r"\S+", text)
    ]


def predict(text: str) -> dict[str, object]:
    explained = words(text)
    centre = 1 + 4 / (1 + math.exp(-sum(contribution for _, _, contribution in explained)))
    weights = [math.exp(-((stars - centre) ** 2)) for stars in range(1, 6)]
    probabilities = [weight / sum(weights) for weight in weights]
    expected = sum(stars * chance for stars, chance in enumerate(probabilities, start=1))
    stars = max(range(1, 6), key=lambda number: probabilities[number - 1])
    prediction = {
        "score": (expected - 1) / 4,
        "label": "bad" if stars < 3 else "average" if stars == 3 else "good",
        "stars": stars,
        "star_probabilities": probabilities,
        "words": explained,
    }
    for word, reason in NOT_JUDGED.items():
        if word in text.lower():
            prediction["abstention"] = reason
    return {"model": {"name": "fake", "version": "1.0.0"}, "prediction": prediction, "signature": signature(text)}


def signature(text: str) -> str:
    """Of the text alone: enough to see which text a prediction is of."""
    return hashlib.sha256(text.strip().encode()).hexdigest()
