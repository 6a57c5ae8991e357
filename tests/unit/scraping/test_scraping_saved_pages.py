"""Real pages, saved by somebody else, where they are at hand; only figures of them stand here."""

import datetime as dt
import json
from collections import Counter

import pytest
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.middlewares import detect_block
from opine_scraping.parsers import REVIEWS, choose_parser
from opine_scraping.parsers.next_data import Business
from opine_scraping.parsers.page import ListRead, Page

from tests.support import ROOT

SAVED = ROOT.parent / "shared" / "trustpilot"
BT, EVENTNET = "review_page_2023_en.html", "review_page_2024_last_page.html"


def saved(name: str) -> str:
    file = SAVED / name
    if not file.exists():
        pytest.skip(f"{file} is not at hand")
    return file.read_text(encoding="utf-8")


def read(name: str, url: str) -> ListRead:
    page = Page(saved(name), f"https://www.example.org/review/{url}", dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    parser = choose_parser(REVIEWS, page)
    assert detect_block(200, {}, page.text) is None
    found = parser.parse(page)
    assert parser.parse(Page(parser.redact(page), page.url, page.read_at)) == found
    return found


def reviews(found: ListRead) -> list[ReviewItem]:
    return [item for item in found.items if isinstance(item, ReviewItem)]


def company(found: ListRead) -> CompanyItem:
    (only,) = [item for item in found.items if isinstance(item, CompanyItem)]
    return only


def test_the_page_of_2023() -> None:
    found = read(BT, "bt.com?date=last6months")
    assert (found.parser, found.issues) == ("next-data/1", ())
    assert (company(found).company, company(found).name) == ("bt.com", "BT")
    assert company(found).website == "http://bt.com"
    assert (company(found).category, company(found).sub_category) == ("Electronics & Technology", "Cell Phone Store")
    assert (found.counts.total, found.counts.per_page, found.counts.total_pages) == (1648, 20, 83)
    assert found.next_url == "https://www.example.org/review/bt.com?date=last6months&page=2"
    all_reviews = reviews(found)
    assert len({review.source_review_id for review in all_reviews}) == 20
    assert Counter(review.stars for review in all_reviews) == {1: 17, 2: 1, 3: 1, 5: 1}
    assert Counter(review.country for review in all_reviews) == {"GB": 18, "UA": 1, "CA": 1}
    assert {review.language for review in all_reviews} == {"en"}
    assert [review.verified for review in all_reviews].count(False) == 20
    assert sum(review.reply is not None for review in all_reviews) == 12
    assert all_reviews[0].reviewed_at == dt.datetime(2023, 5, 6, 13, 18, 34, tzinfo=dt.UTC)
    assert sum(len(review.text) for review in all_reviews) == 11_170
    assert sum(len(review.title or "") for review in all_reviews) == 584


def test_the_last_page_of_2024() -> None:
    found = read(EVENTNET, "eventnet.de")
    assert (company(found).company, company(found).name) == ("eventnet.de", "Eventnet")
    assert (found.counts.total, found.counts.total_pages, found.next_url) == (20, 1, None)
    all_reviews = reviews(found)
    assert Counter(review.stars for review in all_reviews) == {5: 20}
    assert {(review.language, review.country) for review in all_reviews} == {("de", "DE")}
    assert sum(review.reply is not None for review in all_reviews) == 4
    assert sum(len(review.text) for review in all_reviews) == 3_866
    assert sum(len(review.title or "") for review in all_reviews) == 665
    assert min(review.reviewed_at for review in all_reviews).date() == dt.date(2023, 10, 24)


def test_the_companies_of_a_listing_of_2023() -> None:
    entries = json.loads(saved("category_businesses_2023.json"))
    businesses = [Business.model_validate(entry) for entry in entries]
    assert len({business.identifying_name for business in businesses}) == 60
    assert businesses[0].identifying_name == "www.flashbay.com"
    assert all(business.contact and business.contact.website for business in businesses)
