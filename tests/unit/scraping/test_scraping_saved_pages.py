"""Pages as the site sent them in 2023 and 2024: its keys and its markup, with people, texts and figures made up."""

import datetime as dt
import json

from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.middlewares import detect_block
from opine_scraping.parsers import REVIEWS, choose_parser
from opine_scraping.parsers.next_data import Business
from opine_scraping.parsers.page import ListRead, Page

from tests.support import ROOT

PAGES = ROOT / "tests/unit/scraping/pages"


def read(name: str, url: str) -> ListRead:
    text = (PAGES / name).read_text()
    page = Page(text, f"https://reviews.example/review/{url}", dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
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


def test_the_first_page_of_2023() -> None:
    found = read("reviews_2023.html", "phones.example?date=last6months")
    assert (found.parser, found.issues, found.page_issues) == ("next-data/1", (), ())
    assert (company(found).company, company(found).name) == ("phones.example", "Phones & Lines")
    assert company(found).website == "http://phones.example"
    assert (company(found).category, company(found).sub_category) == ("Electronics & Technology", "Cell Phone Store")
    assert (found.counts.total, found.counts.per_page, found.counts.total_pages) == (1648, 20, 83)
    assert found.next_url == "https://reviews.example/review/phones.example?date=last6months&page=2"
    assert [review.stars for review in reviews(found)] == [1, 1, 3, 2, 1, 5]
    assert [review.country for review in reviews(found)] == ["GB", "UA", "GB", "GB", "CA", "GB"]
    assert [review.title for review in reviews(found)] == [
        "Dead line",
        "Works again",
        "Weeks of waiting",
        "Schnell und heil",
        "Told my neighbours",
        "Fair price",
    ]
    assert {(review.language, review.verified) for review in reviews(found)} == {("en", False)}
    first, second = reviews(found)[:2]
    assert first.reviewed_at == dt.datetime(2023, 3, 28, 10, 0, 34, tzinfo=dt.UTC)
    assert first.reply == "Hello [name], we are sorry to read this. Please write to us with your order number."
    assert second.text == "Engineer came on time.\n\nVery polite, and it works <again>."
    assert [review.reply is not None for review in reviews(found)] == [True, False, True, False, False, True]


def test_the_last_page_of_2024() -> None:
    found = read("last_page_2024.html", "shelf.example")
    assert (found.issues, found.page_issues) == ((), ())
    assert (company(found).company, company(found).name) == ("shelf.example", "Shelf")
    assert (found.counts.total, found.counts.total_pages, found.next_url) == (20, 1, None)
    assert [(review.stars, review.language, review.country) for review in reviews(found)] == [(5, "de", "DE")] * 3
    assert [review.reply for review in reviews(found)] == [
        None,
        "Hello [name], we are sorry to read this. Please write to us with your order number.",
        None,
    ]
    assert min(review.reviewed_at for review in reviews(found)).date() == dt.date(2024, 3, 22)


def test_the_companies_of_a_listing_of_2023() -> None:
    entries = json.loads((PAGES / "category_businesses_2023.json").read_text())
    businesses = [Business.model_validate(entry) for entry in entries]
    assert [business.identifying_name for business in businesses] == [
        "www.sticks.example",
        "lamps.example",
        "toys.example",
    ]
    assert [business.contact and business.contact.website for business in businesses] == [
        "http://www.sticks.example",
        "http://lamps.example",
        "http://toys.example",
    ]
