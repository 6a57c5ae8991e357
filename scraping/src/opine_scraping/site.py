"""Addresses of the site that is read."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Site:
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

    def robots(self) -> str:
        return f"{self.url}/robots.txt"

    def categories(self) -> str:
        return f"{self.url}/categories"

    def reviews(self, company: str, languages: str) -> str:
        """A company's first page, newest review first."""
        return f"{self.url}/review/{quote(company)}?{urlencode({'languages': languages, 'sort': 'recency'})}"
