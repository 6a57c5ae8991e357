"""Weeks of invented reviews in a language whose words are known, with a change on a known day or without one."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Any

from opine_common.prediction import Prediction, WordContribution
from opine_reviews.drift.measuring import ReadReview, StoredReview, Times
from opine_reviews.schemas.drift import Source

from tests.support.fake_sentiment import MODEL
from tests.support.reviews.rows import BRANDS

UNTIL = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
TIMES = Times(UNTIL - dt.timedelta(days=35), UNTIL - dt.timedelta(days=7), UNTIL)

WORDS = [f"word{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(300)]
# As in any language, the few are said often (Zipf), and some go with wrong proposals more than others.
OFTEN = [1 / (rank + 3) for rank in range(len(WORDS))]

Row = dict[str, Any]
Change = Callable[[random.Random, Row], Row]


def unchanged(_chance: random.Random, row: Row) -> Row:
    return row


def reviews(seed: int, a_week: int, change: Change = unchanged) -> Iterator[Row]:
    """The columns of reviews, each of a client of its own, a quarter or more of whose proposals are corrected."""
    chance = random.Random(seed)
    hard = {word: 0.3 * chance.random() for word in WORDS}
    for _ in range(5 * a_week):
        said = chance.choices(WORDS, OFTEN, k=chance.randint(4, 12))
        proposed = chance.randint(1, 5)
        is_corrected = chance.random() < 0.1 + max(hard[word] for word in said)
        brand, _, _ = chance.choice(BRANDS)
        yield change(
            chance,
            {
                "brand_slug": brand,
                "text": " ".join(said),
                "stars": proposed % 5 + 1 if is_corrected else proposed,
                "suggested_stars": proposed,
                "score": 0.9,
                "label": "good",
                "model_name": MODEL["name"],
                "model_version": MODEL["version"],
                "model_digest": MODEL["digest"],
                "created_at": TIMES.before + chance.random() * (TIMES.until - TIMES.before),
                "client_hash": chance.randbytes(32),
            },
        )


class ReadLanguage:
    """The same as a reader of the database gives them, with pulls that scatter around what each word means."""

    model_digest = MODEL["digest"]

    def __init__(self, seed: int, a_week: int, change: Change = unchanged) -> None:
        chance = random.Random(-seed)
        means = {word: chance.gauss(0, 0.6) for word in WORDS}
        sectors = {slug: sector for slug, _, sector in BRANDS}
        self._read = [
            self._one(number, row, sectors[row["brand_slug"]], means, chance)
            for number, row in enumerate(reviews(seed, a_week, change))
        ]

    def stored(self, _source: Source, *, now: bool) -> Iterator[StoredReview]:
        return (one.stored for one in self.read(_source, now=now))

    def read(self, _source: Source, *, now: bool) -> Iterator[ReadReview]:
        return (one for one in self._read if (one.stored.written_at >= TIMES.since) == now)

    @staticmethod
    def _one(number: int, row: Row, sector: str, means: dict[str, float], chance: random.Random) -> ReadReview:
        words, place = [], 0
        for word in row["text"].split(" "):
            pull = row.get("pulls", {}).get(word, means.get(word, 0.0)) + chance.gauss(0, 0.4)
            words.append(WordContribution(place, place + len(word), pull))
            place += len(word) + 1
        prediction = Prediction(
            score=min(1.0, max(0.0, chance.gauss(0.6, 0.2))),
            label=chance.choice(("bad", "average", "good")),
            stars=row["suggested_stars"],
            star_probabilities=[0.2] * 5,
            words=words,
        )
        stored = StoredReview(
            id=number + 1,
            brand_slug=row["brand_slug"],
            sector=sector,
            text=row["text"],
            stars=row["stars"],
            suggested_stars=row["suggested_stars"],
            model_digest=row["model_digest"],
            written_at=row["created_at"],
            client=row["client_hash"] and row["client_hash"].hex(),
        )
        return ReadReview(stored, prediction, row["suggested_stars"])
