"""What the demo site answers to a path: pure, but for counting how often a company was asked for."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from opine_demo_site import markup_2019, markup_next_data
from opine_demo_site.catalogue import Misbehaviour

if TYPE_CHECKING:
    from opine_demo_site.catalogue import Catalogue, Company

COMPANIES_PER_PAGE = 3  # few, so that a small site has lists of several pages
SLOW_S = 1.5  # seconds: the throttle should notice, and no time-out strike
# What protection services send with status 200: only the page's content tells it from a page of reviews.
_CHALLENGE = (
    '<!doctype html><title>Just a moment...</title><form id="challenge-form"></form>'
    '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate.js"></script>'
)
_CHANGED = (
    "<!doctype html><title>{name}</title><main><h1>{name}</h1><rv-card stars=4>Fine, says Mina Novak.</rv-card></main>"
)
# An ordinary list is filled after 200 ms: a scraper that does not wait finds nobody.
_LIST_DELAYS_MS: dict[str, int | None] = {"Slow Lists": 1000, "Never Filled": None}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, and how long it is held back."""

    body: str
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


NOT_FOUND = Answer("<h1>Not found</h1>", 404)
_BUSY = Answer("busy", 429, headers={"Retry-After": "1"})
_BROKEN = Answer("<h1>Something went wrong</h1>", 500)
_ODD_ANSWERS = {
    Misbehaviour.BUSY: _BUSY,
    Misbehaviour.ALWAYS_BUSY: _BUSY,
    Misbehaviour.FLAKY: _BROKEN,
    Misbehaviour.BROKEN: _BROKEN,
    Misbehaviour.FORBIDDEN: Answer("<h1>Forbidden</h1>", 403),
    Misbehaviour.CHALLENGE: Answer(_CHALLENGE),
}
_TIMES = {Misbehaviour.BUSY: 2, Misbehaviour.FLAKY: 1}
"""Those that get over it."""


@dataclass
class DemoSite:
    """The site, and what it was asked for."""

    catalogue: Catalogue
    asked: Counter[str] = field(default_factory=Counter)
    """Requests by path with query, in the order of their first."""

    def answer(self, target: str) -> Answer:
        self.asked[target] += 1
        url = urlsplit(target)
        page = parse_qs(url.query).get("page", ["1"])[0]
        number = int(page) if page.isdecimal() and page != "0" else 1
        match url.path.strip("/").split("/"):
            case ["robots.txt"]:
                return Answer(_robots(self.catalogue), content_type="text/plain; charset=utf-8")
            case ["categories"]:
                return self._categories()
            case ["categories", slug]:
                return self._listing(slug, number)
            case ["lists", slug]:
                return self._list_data(slug, number)
            case ["review", domain] if domain in self.catalogue.companies:
                return self._reviews(self.catalogue.companies[domain], number)
        return NOT_FOUND

    def _categories(self) -> Answer:
        paths = {
            category: {name: f"/categories/{slug_of(name)}" for name in names}
            for category, names in self.catalogue.categories.items()
        }
        markup = markup_2019 if self.catalogue.markup == "2019" else markup_next_data
        return Answer(markup.categories_page(paths))

    def _listing(self, slug: str, page: int) -> Answer:
        name = self._sub_category(slug)
        if name is None:
            return NOT_FOUND
        if self.catalogue.markup_of(name) == "2019":
            return Answer(markup_2019.listing_page(name, f"/lists/{slug}?page={page}", _LIST_DELAYS_MS.get(name, 200)))
        companies = self.catalogue.in_sub_category(name)
        shown = companies[(page - 1) * COMPANIES_PER_PAGE :][:COMPANIES_PER_PAGE]
        return Answer(markup_next_data.listing_page(name, shown, math.ceil(len(companies) / COMPANIES_PER_PAGE)))

    def _list_data(self, slug: str, page: int) -> Answer:
        companies = self.catalogue.in_sub_category(self._sub_category(slug) or "")
        shown = companies[(page - 1) * COMPANIES_PER_PAGE :][:COMPANIES_PER_PAGE]
        more = len(companies) > page * COMPANIES_PER_PAGE
        data = {
            "companies": [{"domain": company.domain, "name": company.name} for company in shown],
            "next": f"/categories/{slug}?numberofreviews=0&timeperiod=0&status=all&page={page + 1}" if more else None,
        }
        return Answer(json.dumps(data), content_type="application/json")

    def _sub_category(self, slug: str) -> str | None:
        names = (name for names in self.catalogue.categories.values() for name in names)
        return next((name for name in names if slug_of(name) == slug), None)

    def _reviews(self, company: Company, page: int) -> Answer:
        odd = self._odd_answer(company)
        if odd is not None:
            return odd
        kind = company.misbehaviour
        last = max(1, math.ceil(company.review_count / company.per_page))
        reviews = self.catalogue.page_of_reviews(company, min(page, last) if kind is Misbehaviour.ENDLESS else page)
        more = page < last or kind is Misbehaviour.ENDLESS
        next_url = f"/review/{company.domain}?languages=all&sort=recency&page={page + 1}" if more else None
        # Seven more than there are: no page can make up for that by chance.
        total = company.review_count + (7 if kind is Misbehaviour.WRONG_COUNT else 0)
        starless = 3 if kind is Misbehaviour.NO_STARS else None
        if company.markup == "2019":
            body = markup_2019.reviews_page(company, reviews, total=total, next_url=next_url, starless=starless)
        else:
            body = markup_next_data.reviews_page(
                company, reviews, page=page, total=total, next_url=next_url, starless=starless
            )
        return Answer(body, delay_s=SLOW_S if kind is Misbehaviour.SLOW else 0.0)

    def _odd_answer(self, company: Company) -> Answer | None:
        kind = company.misbehaviour
        if kind is None:
            return None
        # A copy: another thread may count a request meanwhile.
        times = sum(count for path, count in list(self.asked.items()) if path.startswith(f"/review/{company.domain}"))
        # Without a number of times it never gets over it.
        if times > _TIMES.get(kind, times):
            return None
        return Answer(_CHANGED.format(name=company.name)) if kind is Misbehaviour.CHANGED else _ODD_ANSWERS.get(kind)


def slug_of(name: str) -> str:
    return name.lower().replace(" ", "_")


def _robots(catalogue: Catalogue) -> str:
    forbidden = [company for company in catalogue.companies.values() if company.misbehaviour is Misbehaviour.DISALLOWED]
    lines = [f"Disallow: /review/{company.domain}" for company in forbidden]
    return "\n".join(["User-agent: *", "Disallow: /users/", *lines]) + "\n"
