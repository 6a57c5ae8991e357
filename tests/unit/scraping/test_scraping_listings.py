import datetime as dt
from collections.abc import Callable
from typing import Literal

import pytest
from opine_demo_site.answers import DemoSite
from opine_demo_site.catalogue import Catalogue
from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.items import CompanyItem
from opine_scraping.parsers import CATEGORIES, LISTINGS, choose_parser
from opine_scraping.parsers.page import Page, SubCategory

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


@pytest.mark.parametrize("markup", ["2019", "today"])
def test_all_categories_are_found(markup: Literal["2019", "today"]) -> None:
    catalogue = Catalogue(markup=markup)
    page = Page(DemoSite(catalogue).answer("/categories").body, "http://127.0.0.1/categories", NOW)
    found = choose_parser(CATEGORIES, page).parse(page)
    made = [(category, name) for category, names in catalogue.categories.items() for name in names]
    read = [sub for sub in found if isinstance(sub, SubCategory)]
    assert [(sub.category, sub.name) for sub in read] == made
    assert all(("status=all" in sub.url) == (markup == "2019") for sub in read)


@pytest.mark.parametrize("link", ["http://[::1", "https://elsewhere.example/x", "//elsewhere.example/x"])
def test_a_link_of_the_index_that_leads_elsewhere_costs_itself(link: str) -> None:
    body = DemoSite(Catalogue(markup="2019")).answer("/categories").body.replace("/categories/bakery", link)
    page = Page(body, "http://127.0.0.1/categories", NOW)
    found = choose_parser(CATEGORIES, page).parse(page)
    assert [each.reason for each in found if isinstance(each, ParseIssue)] == [Reason.FOREIGN_LINK]
    assert len(found) == 12


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(markup="today", companies_per_sub_category=7, misbehaving=True)


def test_todays_listing_is_read_to_its_last_page(catalogue: Catalogue, page_of: Callable[[str], Page]) -> None:
    path: str | None = "/categories/bakery"
    read: list[CompanyItem] = []
    while path is not None:
        page = page_of(path)
        result = choose_parser(LISTINGS, page).parse(page)
        read += [item for item in result.items if isinstance(item, CompanyItem)]
        path = result.next_url
    assert [item.company for item in read] == [company.domain for company in catalogue.in_sub_category("Bakery")]
    assert all(item.source_url.endswith(f"/review/{item.company}") for item in read)


def test_a_listing_that_no_script_has_filled_is_not_read(page_of: Callable[[str], Page]) -> None:
    page = page_of("/categories/never_filled")
    assert not any(parser.filled(page) for parser in LISTINGS)
    with pytest.raises(ParseError):
        choose_parser(LISTINGS, page)


def test_a_filled_listing_of_2019_is_read() -> None:
    text = (
        '<a class="category-business-card card" href="/review/a.example"><div class="business-card__title">A</div></a>'
        '<a class="category-business-card card" href="/elsewhere"></a>'
        '<a class="category-business-card card" href="/review/b.example"></a>'
        '<a class="button button--primary next-page" href="?page=2">Next</a>'
    )
    page = Page(text, "http://127.0.0.1/categories/x?status=all", NOW)
    result = choose_parser(LISTINGS, page).parse(page)
    assert [(item.company, item.name) for item in result.items if isinstance(item, CompanyItem)] == [
        ("a.example", "A"),
        ("b.example", "b.example"),
    ]
    assert len(result.issues) == 1
    assert result.next_url == "http://127.0.0.1/categories/x?page=2"
