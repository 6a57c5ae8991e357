"""What the fake API keeps, and the knobs that a test turns."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.fake_reviews.scraped import scrape_runs, scraped_counts, scraped_reviews

PASSWORD = "open sesame"
TOKEN = "a-token-that-must-not-reach-a-browser"
SECTORS = ("Food", "Retail", "Sports and outdoors")
NAMES = (
    "Nike", "IKEA", "Lego", "Patagonia", "Café de Flore", "Deutsche Bahn", "Muji", "Ben & Jerry's", "Uniqlo", "Migros",
    "Spar", "Aldi", "Salomon", "Brompton", "Ritter Sport", "Lindt", "Barilla", "Decathlon", "Camper", "Victorinox",
    "Marks & Spencer", "Trader Joe's", "Yeti", "Osprey", "Fjällräven", "Haribo", "Lavazza", "Monoprix", "Zara", "Puma",
)  # fmt: skip
_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_TEXTS = (
    "Great service, and the staff were friendly. I would come again.",
    "The parcel came late and the box was broken, but the refund was quick.",
    "Fine for the price. Nothing special, nothing wrong.",
    "Slow answers, rude on the phone. A terrible week.",
    "I love it: sturdy, simple, and it looks good after years of use.\n\nMy second one, and not my last.",
)
_STARS = (5, 2, 3, 1, 5)


@dataclass
class Knobs:
    """How the fake misbehaves; `reset` makes it behave."""

    predict_delay_s: Callable[[str], float] = lambda _text: 0.0
    sentiment_away: bool = False
    sentiment_late: bool = False
    saving_refused: bool = False
    answer_lost_after_saving: bool = False
    invalid: bool = False
    broken_path: str = ""


@dataclass
class Store:
    knobs: Knobs = field(default_factory=Knobs)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    attempts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    predicted: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    scraped: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    ended_sessions: set[str] = field(default_factory=set)
    reports: list[tuple[int, str]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)
    moderated: list[dict[str, Any]] = field(default_factory=list)
    unlisted: list[dict[str, str]] = field(default_factory=list)
    rising: list[dict[str, Any]] = field(default_factory=list)
    brands: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.knobs = Knobs()
            self.brands = [
                {
                    "slug": slug_of(name),
                    "name": name,
                    "website": f"https://www.{slug_of(name)}.example",
                    "sector": sector,
                }
                for name, sector in zip(NAMES, SECTORS * 10, strict=True)
            ]
            self.keys.clear()
            self.ended_sessions.clear()
            for moderation in (self.reports, self.hidden, self.moderated, self.unlisted):
                moderation.clear()
            kept_lists = (
                self.reviews,
                self.attempts,
                self.predicted,
                self.sessions,
                self.calls,
                self.scraped,
                self.runs,
            )
            for kept in kept_lists:
                kept.clear()
            self.rising[:] = [
                {"brand": {"slug": "ikea", "name": "IKEA"}, "review_count": 9, "usual_count": 2.25},
                {"brand": {"slug": "lego", "name": "Lego"}, "review_count": 5, "usual_count": 0.25},
            ]
            self.scraped.extend(scraped_reviews())
            self.runs.extend(scrape_runs())
            for number in range(30):
                self.add_review(
                    "nike" if number % 3 else "ikea",
                    _TEXTS[number % 5],
                    _STARS[number % 5],
                    shown=_STARS[number % 5] if number % 4 else max(1, _STARS[number % 5] - 1),
                    at=_NOW - timedelta(days=12 * number),
                )

    def add_review(
        self, slug: str, text: str, stars: int, *, shown: int | None, at: datetime | None = None
    ) -> dict[str, Any]:
        label = None if shown is None else ("bad" if shown < 3 else "average" if shown == 3 else "good")
        prediction = shown and {
            "stars": shown,
            "score": (shown - 1) / 4,
            "label": label,
            "model": {"name": "fake", "version": "1.0.0"},
        }
        with self.lock:
            review = {
                "id": max((entry["id"] for entry in self.reviews), default=0) + 1,
                "brand": {"slug": slug, "name": self.brand(slug)["name"]},
                "text": text,
                "stars": stars,
                "prediction": prediction,
                "created_at": (at or datetime.now(UTC)).isoformat(),
            }
            self.reviews.append(review)
        return review

    def say_everywhere(self, words: str) -> None:
        """Names and texts that anybody may write become these words."""
        with self.lock:
            for brand in self.brands:
                brand.update(name=words, sector=words)
            for review in (*self.reviews, *self.scraped):
                review["text"] = words
                review["brand"]["name"] = words
            for rise in self.rising:
                rise["brand"]["name"] = words
            self.hidden.append(dict(self.reviews[0]))
            self.unlisted.append({"slug": "new", "name": words})
            self.reports.append((self.reviews[1]["id"], words))

    def brand(self, slug: str) -> dict[str, Any]:
        """Raises KeyError for an unknown slug."""
        for brand in self.brands:
            if brand["slug"] == slug:
                stars = [review["stars"] for review in self.reviews if review["brand"]["slug"] == slug]
                return {
                    **brand,
                    "review_count": len(stars),
                    "average_stars": sum(stars) / len(stars) if stars else None,
                    "scraped": scraped_counts(self.scraped, slug),
                }
        raise KeyError(slug)


def slug_of(name: str) -> str:
    plain = name.lower().replace("é", "e").replace("ä", "a").replace("'", "").replace("&", "and")
    return plain.replace(" ", "-")
