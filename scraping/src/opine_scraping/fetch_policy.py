"""What may be fetched, as whom and how often: the one place that Scrapy, the browser and every redirect ask."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from importlib.metadata import version
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from opine_common.text import decode_marked
from protego import Protego
from pydantic import ValidationError

from opine_scraping.issues import ParseIssue, Reason, UnavailableError, UsageError
from opine_scraping.settings import Settings

if TYPE_CHECKING:
    from http.client import HTTPMessage, HTTPResponse

PRODUCT = "opine-scraping"
# RFC 9309 wants at least 500 KiB read.
_MOST_ROBOTS_BYTES = 512 * 1024
_ROBOTS_TIMEOUT_S = 30
# A longer one is a mistake, or means no.
_LONGEST_CRAWL_DELAY_S = 3600


def user_agent(contact: str) -> str:
    """Who asks, and where its operator can be reached (RFC 9110, 10.1.5)."""
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

    def holds(self, url: str) -> bool:
        """Whether an address is one of the site: the same scheme, host and port."""
        return _origin(url) == _origin(self.url) is not None

    @property
    def robots_url(self) -> str:
        return f"{self.url}/robots.txt"

    @property
    def categories_url(self) -> str:
        return f"{self.url}/categories"

    def reviews_url(self, company: str, languages: str) -> str:
        """A company's first page, newest review first."""
        return f"{self.url}/review/{quote(company, safe='')}?{urlencode({'languages': languages, 'sort': 'recency'})}"


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    # `user:password@` would send both along; browsers and Scrapy do.
    return None if parts.username or not parts.hostname else (parts.scheme, parts.hostname, port)


# Whoever serves a site of others must be able to reach us, and must not be hurried.
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
    if not site.is_loopback and _is_inside(site.host):
        raise UsageError(f"{site.host} is one of the machines around this one, and no site; name the site with --site")
    if not site.is_loopback and not settings.contact:
        raise UsageError(f"{site.host} is not this machine: OPINE_SCRAPING_CONTACT must say how to reach you")
    if not site.is_loopback and not settings.throttle:
        raise UsageError(f"{site.host} is not this machine: it is not read without a throttle")
    return site


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """A site and its robots.txt: what every request is asked about."""

    site: Site
    robots: Protego

    def objection(self, url: str) -> ParseIssue | None:
        """Why an address may not be fetched, if it may not."""
        if not self.site.holds(url):
            return ParseIssue(Reason.FOREIGN_LINK, f"not on {self.site.url}")
        if not self.robots.can_fetch(url, PRODUCT):
            return ParseIssue(Reason.ROBOTS, "robots.txt forbids it")
        return None

    @property
    def crawl_delay_s(self) -> float:
        """Seconds between two requests that robots.txt asks for; 0 if it does not."""
        return float(self.robots.crawl_delay(PRODUCT) or 0)


def read_policy(site: Site, settings: Settings) -> FetchPolicy:
    """The site's rules by its robots.txt (RFC 9309), read once before a run; none where it answers 4xx.

    By urllib, because Scrapy does not run yet: a dry run asks, too, and a refusal must come before a spider is made.

    Raises:
        UnavailableError: it does not answer, or with 5xx, or from elsewhere; then nothing may be fetched.
    """
    url = site.robots_url
    request = Request(url, headers={"User-Agent": user_agent(settings.contact)})  # noqa: S310  the settings take http(s) only
    try:
        _check_addresses(site)
        with build_opener(_OnSite(site)).open(request, timeout=_ROBOTS_TIMEOUT_S) as answer:
            rules = _read_rules(answer)
    except HTTPError as error:
        # 5xx means "all is forbidden" (RFC 9309, 2.3.1.4); 429 is a 4xx, but no answer to what may be fetched.
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise UnavailableError(f"{url} answers {error.code}; nothing was fetched") from error
        rules = ""  # 4xx: there are no rules (RFC 9309, 2.3.1.3)
    except (URLError, OSError, HTTPException, ValueError) as error:
        raise UnavailableError(f"{url} does not answer ({error}); nothing was fetched") from error
    policy = FetchPolicy(site, Protego.parse(rules))
    if not 0 <= policy.crawl_delay_s <= _LONGEST_CRAWL_DELAY_S:
        raise UnavailableError(f"{url} wants {policy.crawl_delay_s:g} s between two requests; nothing was fetched")
    return policy


class _OnSite(HTTPRedirectHandler):
    """Follows redirects within the site only."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def redirect_request(  # noqa: PLR0917  urllib's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not self._site.holds(newurl):
            raise URLError(f"it redirects to another site, {urlsplit(newurl)[1]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _read_rules(answer: HTTPResponse) -> str:
    """The text of robots.txt.

    Raises:
        ValueError: it is none, so that nobody knows what it forbids.
    """
    coding = answer.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise ValueError(f"it is coded by {coding}, which it was not asked for")
    # RFC 9309 wants UTF-8; with a mark that is left in, its first line would be no rule.
    rules = decode_marked(_read_within(answer, _ROBOTS_TIMEOUT_S), errors="replace")
    if "\0" in rules:
        raise ValueError("it is no text")
    return rules


def _read_within(answer: HTTPResponse, seconds: float) -> bytes:
    """As much as RFC 9309 wants read, of an answer that may come drop by drop."""
    end, found = time.monotonic() + seconds, b""
    while len(found) < _MOST_ROBOTS_BYTES and (part := answer.read1(_MOST_ROBOTS_BYTES - len(found))):
        found += part
        if time.monotonic() > end:
            raise TimeoutError("it is still answering")
    return found


def _check_addresses(site: Site) -> None:
    """Refuse a name that leads to the machines around, such as the node's metadata."""
    if not site.is_loopback:
        for *_, address in socket.getaddrinfo(site.host, None):
            if _is_inside(str(address[0])):
                raise UnavailableError(
                    f"{site.host} leads to {address[0]}, one of the machines around this one; nothing was fetched"
                )


def _is_inside(host: str) -> bool:
    """Whether an address is one that no site has. A private one may be: sites of a cluster do."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # ::ffff:169.254.169.254 is the node's metadata as well.
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified or mapped.is_loopback)
