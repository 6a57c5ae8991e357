"""What a brand's answer says of reviews read elsewhere, against a recount of them."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from opine_reviews.models import ScrapedReview
from sqlalchemy import Engine, delete, text, update

from tests.support.reviews.rows import add_company, add_reviews, add_scraped_reviews


def _scraped(client: FlaskClient, slug: str = "nike") -> dict[str, tuple[int, float | None]]:
    brand = client.get(f"/api/v1/brands/{slug}").get_json()
    return {one["source"]["key"]: (one["review_count"], one["average_stars"]) for one in brand["scraped"]}


def test_a_brand_says_where_it_comes_from_and_what_was_read(client: FlaskClient, engine: Engine) -> None:
    add_company(engine, "nike.com", "nike")
    add_company(engine, "Nike", "nike", source="another-site", source_url="https://another.example/nike")
    add_scraped_reviews(engine, [{"stars": 5}, {"stars": 2}])
    add_reviews(engine, [{"stars": 1}])
    brand: dict[str, Any] = client.get("/api/v1/brands/nike").get_json()
    assert (brand["origin"], brand["review_count"], brand["average_stars"]) == ("list", 1, 1)
    assert brand["scraped"] == [
        {
            "source": {"key": "another-site", "name": "Another site"},
            "source_url": "https://another.example/nike",
            "review_count": 0,
            "average_stars": None,
        },
        {
            "source": {"key": "trustpilot", "name": "Trustpilot"},
            "source_url": "https://www.trustpilot.com/review/nike.com",
            "review_count": 2,
            "average_stars": 3.5,
        },
    ]
    listed = {one["slug"]: one for one in client.get("/api/v1/brands").get_json()["items"]}
    assert listed["nike"] == brand
    assert listed["zara"]["scraped"] == []
    assert client.get("/api/v1/brands/nike/summary").get_json()["review_count"] == 1


def test_two_companies_of_a_source_are_one_brands_count(client: FlaskClient, engine: Engine) -> None:
    add_company(engine, "nike.com", "nike")
    add_company(engine, "nike.de", "nike")
    add_scraped_reviews(engine, [{"stars": 5}, {"stars": 4}])
    assert _scraped(client) == {"trustpilot": (2, 4.5)}


def test_counts_follow_every_kind_of_change(client: FlaskClient, engine: Engine) -> None:
    for slug in ("nike", "zara"):
        add_company(engine, f"{slug}.com", slug)
    add_scraped_reviews(engine, [{"stars": number, "source_review_id": str(number)} for number in (1, 2, 3, 4, 5)])
    with engine.begin() as connection:
        connection.execute(update(ScrapedReview).where(ScrapedReview.stars < 3).values(stars=5))
        connection.execute(update(ScrapedReview).where(ScrapedReview.stars == 3).values(brand_slug="zara"))
        connection.execute(update(ScrapedReview).values(text="another"))
    assert (_scraped(client), _scraped(client, "zara")) == ({"trustpilot": (4, 4.75)}, {"trustpilot": (1, 3)})
    with engine.begin() as connection:
        connection.execute(delete(ScrapedReview).where(ScrapedReview.stars == 5))
    assert (_scraped(client), _scraped(client, "zara")) == ({"trustpilot": (1, 4)}, {"trustpilot": (1, 3)})


def test_what_is_rolled_back_does_not_count(client: FlaskClient, engine: Engine) -> None:
    add_company(engine, "nike.com", "nike")
    add_scraped_reviews(engine, [{}])
    with engine.connect() as connection:
        connection.execute(delete(ScrapedReview))
        connection.rollback()
    assert _scraped(client) == {"trustpilot": (1, 4)}


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.nike.com", "nike.com"),
        ("http://Shop.Nike.com:8080/", "shop.nike.com"),
        ("https://nike.com/brands/jordan", None),
        ("https://nike.com?brand=jordan", None),
        (None, None),
    ],
)
def test_a_brands_domain_is_the_host_of_a_whole_site(engine: Engine, website: str | None, domain: str | None) -> None:
    with engine.begin() as connection:
        changed = text("UPDATE brand SET website = :website WHERE slug = 'nike' RETURNING domain")
        assert connection.scalar(changed, {"website": website}) == domain
