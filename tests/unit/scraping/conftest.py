import datetime as dt
from collections.abc import Callable

import pytest
from opine_demo_site.answers import DemoSite
from opine_demo_site.catalogue import Catalogue
from opine_scraping.items import RunStart
from opine_scraping.parsers.page import Page

READ_AT = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(companies_per_sub_category=2, most_reviews=45, misbehaving=True)


@pytest.fixture
def page_of(catalogue: Catalogue) -> Callable[[str], Page]:
    """A page of the demo site, by its path or address, without a server."""
    host = "http://127.0.0.1:8060"
    site = DemoSite(catalogue)

    def page(path: str) -> Page:
        path = path.removeprefix(host)
        return Page(site.answer(path).body, host + path, READ_AT)

    return page


@pytest.fixture
def run_start() -> RunStart:
    return RunStart(
        run_id="0f6c", kind="crawl", started_at=READ_AT, parsers=("cards-2019/1", "next-data/1"), arguments={}
    )
