"""What may be fetched, as whom and how often: the one place that Scrapy, the browser and every redirect ask."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from protego import Protego
from pydantic import ValidationError

from opine_scraping.issues import ParseIssue, Reason, UnavailableError, UsageError
from opine_scraping.settings import Settings

PRODUCT = "opine-scraping"
# RFC 9309 wants at least 500 KiB read.
_MOST_ROBOTS_BYTES = 512 * 1024
_ROBOTS_TIMEOUT_S = 30


def user_agent(contact: str) -> str:
    comment = f" (+{contact})" if contact else ""
    return f"{PRODUCT}/{version('opine-scraping')}{comment}"


@dataclass(frozen=True, slots=True)
class Site:
    """Addresses of the site that is read."""

    url: str
    """Scheme and host, without a path."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether this machine serves it, so that nobody else need be considered."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def robots_url(self) -> str:
        return f"{self.url}/robots.txt"

    @property
    def categories_url(self) -> str:
        return f"{self.url}/categories"

    def reviews_url(self, company: str, languages: str) -> str:
        """A company's first page, newest review first."""
        return f"{self.url}/review/{quote(company)}?{urlencode({'languages': languages, 'sort': 'recency'})}"


def choose_site(option: str | None, settings: Settings) -> Site:
    """The command line's site, or else the environment's, if it may be asked with these settings.

    Raises:
        UsageError: none is named, it is no address, or one of others is to be read without a contact or a throttle.
    """
    try:
        url = settings.site_url if option is None else Settings.model_validate({"site_url": option}).site_url
    except ValidationError as error:
        raise UsageError(f"--site: {error.errors()[0]['msg']}") from error
    if url is None:
        raise UsageError("name the site with --site or OPINE_SCRAPING_SITE_URL; none is built in")
    site = Site(str(url).rstrip("/"))
    if not site.is_loopback and not settings.contact:
        raise UsageError(f"{site.host} is not this machine: OPINE_SCRAPING_CONTACT must say how to reach you")
    if not site.is_loopback and not settings.throttle:
        raise UsageError(f"{site.host} is not this machine: it is not read without a throttle")
    return site


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    site: Site
    robots: Protego

    def objection(self, url: str) -> ParseIssue | None:
        """Why an address may not be fetched, if it may not."""
        if urlsplit(url)[:2] != urlsplit(self.site.url)[:2]:
            return ParseIssue(Reason.FOREIGN_LINK, f"not on {self.site.url}")
        if not self.robots.can_fetch(url, PRODUCT):
            return ParseIssue(Reason.ROBOTS, "robots.txt forbids it")
        return None

    @property
    def crawl_delay_s(self) -> float:
        return float(self.robots.crawl_delay(PRODUCT) or 0)


def read_policy(site: Site, settings: Settings) -> FetchPolicy:
    """The site's rules by its robots.txt (RFC 9309), read once before a run; none where it answers 4xx.

    Raises:
        UnavailableError: it does not answer, or with 5xx; then nothing may be fetched.
    """
    url = site.robots_url
    request = Request(url, headers={"User-Agent": user_agent(settings.contact)})  # noqa: S310  the settings take http(s) only
    try:
        with urlopen(request, timeout=_ROBOTS_TIMEOUT_S) as answer:  # noqa: S310
            rules = answer.read(_MOST_ROBOTS_BYTES).decode(errors="replace")
    except HTTPError as error:
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise UnavailableError(f"{url} answers {error.code}; nothing was fetched") from error
        rules = ""
    except (URLError, OSError) as error:
        raise UnavailableError(f"{url} does not answer ({error}); nothing was fetched") from error
    return FetchPolicy(site, Protego.parse(rules))
