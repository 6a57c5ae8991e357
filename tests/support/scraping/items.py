"""Items and runs as the readers make them."""

import datetime as dt
import uuid
from collections.abc import Callable

from opine_scraping.database.output import DatabaseOutput
from opine_scraping.items import CompanyItem, Kind, ReviewItem, RunReport, RunStart

ROLE = "opine_scraping"
PASSWORD = "of these tests"
MakeOutput = Callable[..., DatabaseOutput]
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def company(key: str = "shoes.example", **changed: object) -> CompanyItem:
    plain = {
        "source": "trustpilot",
        "company": key,
        "name": "Shoes and more",
        "website": f"http://www.{key}/?utm_medium=company_profile",
        "category": "Shops",
        "source_url": f"https://www.trustpilot.com/review/{key}",
        "read_at": NOON,
        "parser": "tests/1",
    }
    return CompanyItem.model_validate(plain | changed)


def review(number: int, **changed: object) -> ReviewItem:
    plain = {
        "source": "trustpilot",
        "source_review_id": f"review-{number}",
        "company": "shoes.example",
        "text": f"Text of review {number}",
        "title": "A title",
        "stars": 1 + number % 5,
        "reviewed_at": NOON - dt.timedelta(days=number % 3000),
        "language": "en",
        "source_url": "https://www.trustpilot.com/review/shoes.example",
        "read_at": NOON,
        "parser": "tests/1",
    }
    return ReviewItem.model_validate(plain | changed)


def start(kind: Kind = "crawl") -> RunStart:
    return RunStart(run_id=str(uuid.uuid4()), kind=kind, started_at=NOON, parsers=("tests/1",), arguments={})


def report(run: RunStart, **changed: object) -> RunReport:
    plain = {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "ended_at": NOON + dt.timedelta(minutes=5),
        "outcome": "completed",
        "exit_code": 0,
        "pages": 2,
        "items": 21,
        "new_items": 20,
        "duplicates": 1,
        "rejected": {},
        "errors": (),
    }
    return RunReport.model_validate(plain | changed)
