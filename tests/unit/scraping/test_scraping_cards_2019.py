"""Cards of 2019 that the demo site does not make."""

import datetime as dt

import pytest
from lxml import html
from opine_scraping.issues import ParseIssue, Reason
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.parsers.cards_2019 import read_card
from opine_scraping.parsers.page import Page

PAGE = Page("", "http://127.0.0.1/review/shop.example", dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
SHOP = CompanyItem(
    source="trustpilot", company="shop.example", name="Shop", source_url=PAGE.url, read_at=PAGE.read_at, parser="p/1"
)

STARS = '<img src="//cdn/stars/stars-4.svg" alt="4 stars: Great">'
DATE = '{"publishedDate":"2019-10-12T08:09:10+02:00","updatedDate":null}'


def card(stars: str = STARS, date: str = DATE, body: str = "", attributes: str = "") -> ReviewItem | ParseIssue:
    text = (
        f'<article class="review" {attributes}><div class="review-content__header">'
        f'<div class="star-rating">{stars}</div>'
        f'<div class="review-content-header__dates"><script>{date}</script></div></div>{body}</article>'
    )
    return read_card(html.fromstring(text), 1, SHOP, PAGE)


def good(found: ReviewItem | ParseIssue) -> ReviewItem:
    assert isinstance(found, ReviewItem)
    return found


@pytest.mark.parametrize(
    ("image", "stars"),
    [
        (STARS, 4),
        ('<img alt="1 star: Bad">', 1),
        ('<img src="//cdn/stars-2.svg" alt="Noté deux">', 2),
    ],
)
def test_stars(image: str, stars: int) -> None:
    assert good(card(stars=image)).stars == stars


@pytest.mark.parametrize(
    "image", ["", '<img alt="">', '<img alt="6 stars">', '<img alt="12 stars">', '<img src="/0.svg">']
)
def test_no_stars(image: str) -> None:
    found = card(stars=image)
    assert isinstance(found, ParseIssue)
    assert found.reason is Reason.NO_STARS


def test_dates_become_utc_and_a_day_midnight() -> None:
    assert good(card()).reviewed_at == dt.datetime(2019, 10, 12, 6, 9, 10, tzinfo=dt.UTC)
    assert good(card(date='{"day": "2019-10-12"}')).reviewed_at == dt.datetime(2019, 10, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("date", ["", "{}", '{"publishedDate":"yesterday"}', '{"day": "2019-13-45"}'])
def test_no_date(date: str) -> None:
    found = card(date=date)
    assert isinstance(found, ParseIssue)
    assert found.reason is Reason.BAD_CARD


def test_text_nodes_are_joined_by_a_space() -> None:
    found = good(card(body='<p class="review-content__text">\n Good<br>value. <b>Really</b> </p>'))
    assert found.text == "Good value. Really"


def test_the_id_is_the_pages_own_or_else_stable() -> None:
    title = '<h2 class="review-content__title"><a href="/reviews/5d9?ref=x">Fine</a></h2>'
    assert good(card(attributes='id="abc"')).source_review_id == "abc"
    assert good(card(body=title)).source_review_id == "5d9"
    text = '<p class="review-content__text">Fine.</p>'
    assert good(card(body=text)).source_review_id == good(card(body=text)).source_review_id
    assert len({good(card(body=body)).source_review_id for body in ("", text, text.replace("Fine", "Bad"))}) == 3
