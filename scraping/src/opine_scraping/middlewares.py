"""What stands between the spiders and the site: what may be fetched, when to wait, when to stop, what is cached."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.httpcache import FilesystemCacheStorage
from scrapy.http import Response, TextResponse

from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.pagination import check_page
from opine_scraping.parsers import REVIEWS, choose_parser, parse_list
from opine_scraping.parsers.page import Page
from opine_scraping.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler

    from opine_scraping.fetch_policy import FetchPolicy

logger = logging.getLogger(__name__)

# What protection services put into the page or its headers in place of the site's own.
_CHALLENGE_HEADERS = {"cf-mitigated": "challenge", "x-amzn-waf-action": "challenge|captcha"}
# Only the challenge itself holds these; Cloudflare puts its other scripts into ordinary pages too.
_CHALLENGE_MARKS = ("_cf_chl_opt", "orchestrate/chl_page", 'id="challenge-form"', "awswafcookiedomainlist")
# A form of an ordinary page may hold these; an error page that does wants to see a person.
_CAPTCHA_MARKS = ("g-recaptcha", "h-captcha", "cf-turnstile", "px-captcha", "captcha-delivery.com")
_WAIT_STEP_S = 0.5  # so that a stop need not wait for the whole of a Retry-After


class RequestRefused(IgnoreRequest):
    """One of these middlewares keeps a request from being sent."""

    def __init__(self, issue: ParseIssue) -> None:
        super().__init__(str(issue))
        self.issue = issue


class FetchPolicyMiddleware:
    """Asks the spider's policy about each request, redirects included."""

    def __init__(self, policy: FetchPolicy | None) -> None:
        self._policy = policy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FetchPolicyMiddleware:
        # Scrapy's shell has a spider of its own, or none yet.
        return cls(getattr(crawler.spider, "policy", None))

    def process_request(self, request: Request) -> None:
        if self._policy is not None and (issue := self._policy.objection(request.url)):
            raise RequestRefused(issue)


class RetryAfterMiddleware:
    """Waits as long as the site asks. One request is under way at a time, so that holding it holds all."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._settings = get_settings()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfterMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        wait_s = retry_after_s(response.status, _headers(response), dt.datetime.now(dt.UTC), self._settings.wait_s)
        waits = request.meta.get("waits", 0)
        if wait_s is None or waits >= self._settings.waits or wait_s > self._settings.longest_wait_s:
            return response  # a 429 that is let through ends the run as blocked
        logger.warning("the site asks to wait", extra={"url": request.url, "status": response.status, "wait_s": wait_s})
        await self._wait(wait_s)
        # Before all that is queued: the list goes on where it stood.
        return request.replace(
            dont_filter=True, priority=request.priority + 1, meta=request.meta | {"waits": waits + 1}
        )

    async def _wait(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while self._crawler.crawling and (left := end - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110  a stop sets no event
            await asyncio.sleep(min(left, _WAIT_STEP_S))


class BlockMiddleware:
    """Lets nothing more be sent once the site blocks.

    The spider sees an answer only when the next request may be on its way already: blocks are noticed here, and told
    to the spider in `response.meta["block"]`.
    """

    def __init__(self) -> None:
        self._blocked = False

    def process_request(self, request: Request) -> None:
        del request
        if self._blocked:
            raise RequestRefused(ParseIssue(Reason.FORBIDDEN, "the site has blocked an earlier request"))

    def process_response(self, request: Request, response: Response) -> Response:
        # robots.txt is no page; a site that forbids even that has no rules (RFC 9309).
        if not request.meta.get("dont_obey_robotstxt"):
            text = response.text if isinstance(response, TextResponse) else ""
            request.meta["block"] = detect_block(response.status, _headers(response), text)
            self._blocked = self._blocked or request.meta["block"] is not None
        return response


class RedactedCacheStorage(FilesystemCacheStorage):
    """Keeps pages that were read without an issue, each as one that reads the same and names nobody."""

    def store_response(self, spider: Spider, request: Request, response: Response) -> None:
        if not isinstance(response, TextResponse):
            return
        page = Page(response.text, response.url, dt.datetime.now(dt.UTC))
        try:
            parser = choose_parser(REVIEWS, page)
            read = parse_list([parser], page)
        except ParseError:
            return  # nobody knows where its names are
        if not read.issues and not read.page_issues and not check_page(read):
            kept = TextResponse(
                response.url,
                status=response.status,
                headers={"Content-Type": "text/html; charset=utf-8"},
                body=parser.redact(page).encode(),
                encoding="utf-8",
            )
            super().store_response(spider, request, kept)


def detect_block(status: int, headers: Mapping[str, str], text: str) -> ParseIssue | None:
    """Why this answer ends the run, if it does.

    Args:
        status: HTTP status.
        headers: by lower-case name.
        text: the body.
    """
    for name, value in _CHALLENGE_HEADERS.items():
        if re.fullmatch(value, headers.get(name, "")):
            return ParseIssue(Reason.CHALLENGE, f"the header {name} says so")
    # The header says it best, then the page; a status alone comes last, since challenges come with 403 as well.
    lower = text.lower()
    marks = _CHALLENGE_MARKS if status < HTTPStatus.BAD_REQUEST else _CHALLENGE_MARKS + _CAPTCHA_MARKS
    for mark in marks:
        if mark in lower:
            return ParseIssue(Reason.CHALLENGE, f"the page holds {mark}")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ParseIssue(Reason.FORBIDDEN, f"HTTP {status}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ParseIssue(Reason.TOO_MANY_REQUESTS, f"HTTP {status}, also after waiting")
    return None


def retry_after_s(status: int, headers: Mapping[str, str], now: dt.datetime, default_s: float) -> float | None:
    """Seconds after which the site wants to be asked again, if it says that it is asked too often."""
    said = headers.get("retry-after", "").strip()
    if status == HTTPStatus.SERVICE_UNAVAILABLE and not said:
        return None  # an outage, which the retries are for
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    if re.fullmatch(r"\d{1,9}", said):  # seconds, or else a date (RFC 9110, 10.2.3)
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return default_s
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - now).total_seconds())


def _headers(response: Response) -> dict[str, str]:
    """By lower-case name; a repeated one with its values joined."""
    return {str(name).lower(): str(value) for name, value in response.headers.to_unicode_dict().items()}
