"""Says what a run would fetch, by the rules that it would obey."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opine_scraping.robots import Robots
    from opine_scraping.site import Site


def show(site: Site, robots: Robots, urls: Iterable[str], *, delay_s: float, user_agent: str, then: str) -> None:
    out = sys.stdout.write
    out(f"as {user_agent}\none request every {max(delay_s, robots.crawl_delay_s):g} s or more\n")
    out(f"fetched already: {site.robots()}\n")
    for url in urls:
        out(f"{'would fetch' if robots.allow(url) else 'robots.txt forbids'} {url}\n")
    out(f"{then}\n")
