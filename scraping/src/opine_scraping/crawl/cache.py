"""Scrapy's HTTP cache, with the reviewers' names left out of what it keeps."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from scrapy.extensions.httpcache import FilesystemCacheStorage
from scrapy.http import TextResponse

from opine_scraping.counts import check_page
from opine_scraping.parsers import REVIEWS, choose
from opine_scraping.parsers.page import Page, ParseError

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response


class AnonymousStorage(FilesystemCacheStorage):
    """Keeps pages that were read without a fault, each as one that reads the same and names nobody."""

    def store_response(self, spider: Spider, request: Request, response: Response) -> None:
        if not isinstance(response, TextResponse):
            return
        page = Page(response.text, response.url, dt.datetime.now(dt.UTC))
        try:
            parser = choose(REVIEWS, page)
            read = parser.parse(page)
        except ParseError:
            return
        if not read.faults and not check_page(read):
            kept = TextResponse(
                response.url,
                status=response.status,
                headers={"Content-Type": "text/html; charset=utf-8"},
                body=parser.without_names(page).encode(),
                encoding="utf-8",
            )
            super().store_response(spider, request, kept)
