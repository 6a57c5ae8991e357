"""What was read elsewhere, as the fake API has it."""

from datetime import UTC, datetime, timedelta
from typing import Any

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_TEXTS = (
    "Ordered twice, and both times the box was at my door the day after.",
    "",
    "Une réponse rapide et très aimable. Je recommande.",
    "They promised a refund three weeks ago. I have written four times since, and every answer is the same text.",
)
_REPLY = "Hello [name],\n\nthank you for telling us. Please write to us with your order number."


def scraped_reviews() -> list[dict[str, Any]]:
    """Of Patagonia, which nobody has reviewed on Opine, and of Nike."""
    return [_review("patagonia", "Patagonia", number) for number in range(11)] + [_review("nike", "Nike", 20)]


def scraped_counts(reviews: list[dict[str, Any]], slug: str) -> list[dict[str, Any]]:
    stars = [review["stars"] for review in reviews if review["brand"]["slug"] == slug]
    if not stars:
        return []
    source = {"key": "trustpilot", "name": "Trustpilot"}
    url = f"https://www.trustpilot.com/review/{slug}.example"
    return [{"source": source, "source_url": url, "review_count": len(stars), "average_stars": sum(stars) / len(stars)}]


def scrape_runs() -> list[dict[str, Any]]:
    running = _run("discover", None, pages=0, rejected={}, errors=[])
    errors = [
        {
            "url": "https://www.trustpilot.com/review/a-company-with-a-rather-long-name.example?page=12",
            "reason": "unknown_markup: no parser",
            "saved_copy": None,
        }
    ]
    failed = _run("crawl", "failed", pages=230, rejected={"unknown_markup": 7, "no_stars": 2}, errors=errors)
    outcomes = ("blocked", "interrupted", "completed")
    return [running, failed, *(_run("crawl", outcome, pages=1200, rejected={}, errors=[]) for outcome in outcomes)]


def _review(slug: str, name: str, number: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "brand": {"slug": slug, "name": name},
        "source": {"key": "trustpilot", "name": "Trustpilot"},
        # One that must not become a link.
        "source_url": "javascript:alert(1)" if number == 9 else f"https://www.trustpilot.com/review/{slug}.example",
        "title": None if number % 4 == 2 else f"Title {number}",
        "text": f"{_TEXTS[number % 4]} ({number})" if _TEXTS[number % 4] else "",
        "stars": 1 + number % 5,
        "reviewed_at": (_NOW - timedelta(days=9 * number)).isoformat(),
        "language": "fr" if number % 4 == 2 else "en",
        "country": "GB",
        "verified": number % 2 == 0,
        "reply": _REPLY if number % 4 == 3 else None,
        "read_at": _NOW.isoformat(),
    }


def _run(
    kind: str, outcome: str | None, *, pages: int, rejected: dict[str, int], errors: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "run_id": f"{kind}-{outcome}",
        "kind": kind,
        "started_at": _NOW.isoformat(),
        "ended_at": None if outcome is None else _NOW.isoformat(),
        "outcome": outcome,
        "exit_code": None if outcome is None else 0,
        "pages": pages,
        "items": pages * 20,
        "new_items": pages * 3,
        "changed_items": 4,
        "duplicates": pages * 17,
        "rejected": rejected,
        "errors": errors,
    }
