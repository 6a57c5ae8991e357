"""Filters, order, pages and a brand's numbers, over the store."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.support.fake_reviews.lexicon import WORDS

Row = dict[str, Any]


def selected(reviews: list[Row], query: Mapping[str, str]) -> list[Row]:
    found = [
        review
        for review in reviews
        if query.get("brand", review["brand"]["slug"]) == review["brand"]["slug"]
        and query.get("stars", str(review["stars"])) == str(review["stars"])
        and query.get("term", "").lower() in review["text"].lower()
        and query.get("q", "").lower() in review["text"].lower()
        and ("label" not in query or (review["prediction"] or {}).get("label") == query["label"])
    ]
    keys = {
        "created_at": lambda review: review["created_at"],
        "stars": lambda review: review["stars"],
        "score": lambda review: (review["prediction"] or {"score": -1})["score"],
        "brand": lambda review: review["brand"]["name"],
    }
    return sorted(found, key=keys[query.get("sort", "created_at")], reverse=query.get("order", "desc") == "desc")


def page(items: list[Row], query: Mapping[str, str]) -> dict[str, Any]:
    start, limit = int(query.get("cursor", "0")), int(query.get("limit", "20"))
    more = start + limit < len(items)
    return {"items": items[start : start + limit], "next_cursor": str(start + limit) if more else None}


def summary(brand: Row, reviews: list[Row]) -> dict[str, Any]:
    months: dict[str, list[Row]] = defaultdict(list)
    for review in sorted(reviews, key=lambda review: review["created_at"]):
        months[review["created_at"][:7]].append(review)
    predicted = [review for review in reviews if review["prediction"]]
    stars = Counter(str(review["stars"]) for review in reviews)
    labels = Counter(review["prediction"]["label"] for review in predicted)
    return {
        "brand": {"slug": brand["slug"], "name": brand["name"]},
        "review_count": len(reviews),
        "average_stars": brand["average_stars"],
        "stars": {number: stars[number] for number in "12345"},
        "labels": {label: labels[label] for label in ("bad", "average", "good")},
        "corrected": sum(review["prediction"]["stars"] != review["stars"] for review in predicted),
        "months": [
            {
                "month": month,
                "review_count": len(rows),
                "average_stars": _mean([row["stars"] for row in rows]),
                "average_score": _mean([row["prediction"]["score"] for row in rows if row["prediction"]]),
            }
            for month, rows in months.items()
        ],
    }


def terms(reviews: list[Row]) -> dict[str, Any]:
    """The known words of its reviews."""
    said = {word: sum(word in review["text"].lower() for review in reviews) for word in WORDS}
    listed: list[Row] = [
        {
            "term": word,
            "review_count": count,
            "mean_pull": WORDS[word],
            "recent_count": 1,
            "trend": {"love": "rising", "rude": "falling"}.get(word),
        }
        for word, count in sorted(said.items(), key=lambda entry: -abs(entry[1] * WORDS[entry[0]]))
        if count
    ]
    return {
        "read_count": len(reviews),
        "praise": [term for term in listed if term["mean_pull"] > 0],
        "complaints": [term for term in listed if term["mean_pull"] < 0],
    }


def weeks(reviews: list[Row]) -> list[dict[str, Any]]:
    by_week: dict[str, list[Row]] = defaultdict(list)
    for review in sorted(reviews, key=lambda review: review["created_at"]):
        day = date.fromisoformat(review["created_at"][:10])
        by_week[str(day - timedelta(days=day.weekday()))].append(review)
    return [
        {
            "week": week,
            "review_count": len(rows),
            "average_stars": _mean([row["stars"] for row in rows]),
            "average_score": _mean([row["prediction"]["score"] for row in rows if row["prediction"]]),
        }
        for week, rows in by_week.items()
    ]


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
