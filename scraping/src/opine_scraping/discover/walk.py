"""From the index of categories over sub-categories to companies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from opine_scraping.items import CompanyItem
from opine_scraping.parsers import CATEGORIES, LISTINGS, choose
from opine_scraping.parsers.page import ListRead, Page, ParseError, SubCategory, in_sub_category

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.discover.fetch import Fetcher
    from opine_scraping.reading.keeper import Keeper
    from opine_scraping.site import Site


def walk(site: Site, fetcher: Fetcher, keeper: Keeper, only: Sequence[str]) -> None:
    """Read all listings, or those of some categories.

    Args:
        site: where.
        fetcher: loads the pages.
        keeper: keeps what they say.
        only: names of categories or sub-categories; none: all.

    Raises:
        OutputError: what was read is not kept.
    """
    for sub_category in _index(site, fetcher, keeper):
        if not only or {sub_category.category, sub_category.name} & set(only):
            _walk_listing(sub_category, fetcher, keeper)
        if keeper.record.stopped_by is not None:
            return


def _index(site: Site, fetcher: Fetcher, keeper: Keeper) -> tuple[SubCategory, ...]:
    text = None
    try:
        page = fetcher.fetch(site.categories(), _has_index)
        text = page.text
        return choose(CATEGORIES, page).parse(page)
    except ParseError as error:
        keeper.fail(site.categories(), error.fault, error.text or text)
        return ()


def _walk_listing(sub_category: SubCategory, fetcher: Fetcher, keeper: Keeper) -> None:
    # Two categories may have a sub-category of the same name: its address tells them apart.
    key = sub_category.url
    url = keeper.first_url(key, sub_category.url)
    while url is not None:
        text = None
        try:
            page = fetcher.fetch(url, _is_filled)
            text = page.text
            read = choose(LISTINGS, page).parse(page)
        except ParseError as error:
            keeper.fail(url, error.fault, error.text or text)
            return
        url = keeper.keep(key, sub_category.url, page, _placed(read, sub_category))


def _placed(read: ListRead, sub_category: SubCategory) -> ListRead:
    items = tuple(in_sub_category(item, sub_category) if isinstance(item, CompanyItem) else item for item in read.items)
    return replace(read, items=items)


def _has_index(page: Page) -> bool:
    return any(parser.recognises(page) for parser in CATEGORIES)


def _is_filled(page: Page) -> bool:
    return any(parser.filled(page) for parser in LISTINGS)
