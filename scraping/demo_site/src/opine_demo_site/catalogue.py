"""Companies and their reviews, made from a seed."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

from opine_demo_site import vocabulary as words

Markup = Literal["2019", "today"]

PER_PAGE = 20
# Reviews come every seven hours, or more often where that would reach back behind 2006.
_MOST_HOURS = 20 * 365 * 24
_NEWEST = dt.datetime(2026, 11, 20, 17, 30, tzinfo=dt.UTC)  # fixed: the same options give the same site on any day
# Sub-categories of the oddities: of companies that misbehave, and of lists that do.
_SHOPS = ("Odd Shops", "Slow Lists", "Never Filled")
ODDITIES = "Oddities"


class Misbehaviour(StrEnum):
    """What a company does wrong, on an address of its own such as `challenge-2019.example`."""

    SLOW = "slow"
    """Answers after a while."""
    BUSY = "busy"
    """429 with Retry-After twice, then the page."""
    ALWAYS_BUSY = "always-busy"
    FLAKY = "flaky"
    """500 once, then the page."""
    BROKEN = "broken"
    """500, always."""
    FORBIDDEN = "forbidden"
    CHALLENGE = "challenge"
    """A page that wants to see a browser, with status 200."""
    CHANGED = "changed"
    """A markup that nobody knows."""
    EMPTY_REVIEWS = "empty-reviews"
    """Every third review has stars and a title, but no text."""
    NO_STARS = "no-stars"
    """The fourth review of a page shows no stars."""
    WRONG_COUNT = "wrong-count"
    """The page says that there are more reviews than it has."""
    ENDLESS = "endless"
    """The last page has a next link, for ever."""
    DISALLOWED = "disallowed"
    """robots.txt forbids it."""

    @classmethod
    def of_company(cls, domain: str) -> Misbehaviour | None:
        name = domain.removesuffix(".example").removesuffix("-2019").removesuffix("-today")
        return cls(name) if name in list(cls) else None


@dataclass(frozen=True, slots=True)
class Company:
    """A made-up company; `.example` is nobody's (RFC 2606)."""

    domain: str
    name: str
    category: str
    sub_category: str
    markup: Markup
    review_count: int
    quality: int
    """1-5: the stars that it gets most."""
    per_page: int = PER_PAGE

    @property
    def misbehaviour(self) -> Misbehaviour | None:
        return Misbehaviour.of_company(self.domain)


@dataclass(frozen=True, slots=True)
class Review:
    """A made-up review."""

    id: str
    stars: int
    title: str
    text: str
    published: dt.datetime
    reviewer: str
    country: str
    verified: bool
    reply: str | None


@dataclass(frozen=True)
class Catalogue:
    """The same arguments give the same site, word for word."""

    seed: int = 1
    companies_per_sub_category: int = 5
    most_reviews: int = 90
    """Of an ordinary company."""
    huge_reviews: int = 0
    """Of `huge.example`, 100 a page; 0: there is none."""
    markup: Literal["2019", "today", "mixed"] = "mixed"
    misbehaving: bool = False

    @cached_property
    def companies(self) -> dict[str, Company]:
        made = [
            self._company(category, sub_category, number)
            for category, sub_categories in words.CATEGORIES.items()
            for sub_category in sub_categories
            for number in range(self.companies_per_sub_category)
        ]
        if self.misbehaving:
            made += [self._oddity(kind, markup) for kind in Misbehaviour for markup in ("2019", "today")]
            made += [
                Company(f"{shop.lower().replace(' ', '-')}.example", shop, ODDITIES, shop, "2019", 3, 3)
                for shop in _SHOPS[1:]
            ]
        if self.huge_reviews:
            made.append(Company("huge.example", "Huge", ODDITIES, "Odd Shops", "today", self.huge_reviews, 3, 100))
        return {company.domain: company for company in made}

    @cached_property
    def categories(self) -> dict[str, list[str]]:
        oddities = {ODDITIES: list(_SHOPS)} if self.misbehaving else {}
        return {name: list(subs) for name, subs in words.CATEGORIES.items()} | oddities

    def in_sub_category(self, sub_category: str) -> list[Company]:
        return [company for company in self.companies.values() if company.sub_category == sub_category]

    def markup_of(self, sub_category: str) -> Markup:
        """Of the listing."""
        if sub_category in _SHOPS:
            return "2019"
        if self.markup != "mixed":
            return self.markup
        return "2019" if self._random(sub_category).random() < 0.5 else "today"  # noqa: PLR2004

    def review(self, company: Company, index: int) -> Review:
        """The company's review of that age, from 0 for the newest."""
        rng = self._random(company.domain, index)
        stars = rng.choice((company.quality, company.quality, company.quality, rng.randint(1, 5)))
        if company.misbehaviour is Misbehaviour.EMPTY_REVIEWS:
            stars = 1 + index % 5  # so that every shift shows
        first = rng.choice(words.FIRST_NAMES)
        slots = {
            "item": rng.choice(words.GOODS.get(company.sub_category, ("parcel", "order", "gift card"))),
            "days": rng.randint(2, 9),
            "company": company.name,
        }
        parts = [rng.choice(words.OPENINGS[stars]), *rng.sample(words.DETAILS[stars], rng.randint(1, 3))]
        text = " ".join([*parts, rng.choice(words.CLOSINGS[stars])]).format(**slots)
        empty = company.misbehaviour is Misbehaviour.EMPTY_REVIEWS and index % 3 == 1
        reply = rng.choice(words.REPLIES[stars > 3]).format(first=first) if rng.random() < 0.4 else None  # noqa: PLR2004
        return Review(
            id=hashlib.sha256(f"{self.seed}/{company.domain}/{index}".encode()).hexdigest()[:24],
            stars=stars,
            title=rng.choice(words.TITLES[stars]).format(**slots),
            text="" if empty else text,
            published=_NEWEST
            - min(1, _MOST_HOURS / (7 * company.review_count))
            * dt.timedelta(hours=7 * index, minutes=rng.randint(0, 300)),
            reviewer=f"{first} {rng.choice(words.LAST_NAMES)}",
            country=rng.choice(words.COUNTRIES),
            verified=rng.random() < 0.3,  # noqa: PLR2004
            reply=reply,
        )

    def page_of_reviews(self, company: Company, page: int) -> list[Review]:
        first = (page - 1) * company.per_page
        return [
            self.review(company, index) for index in range(first, min(first + company.per_page, company.review_count))
        ]

    def _company(self, category: str, sub_category: str, number: int) -> Company:
        rng = self._random(sub_category)
        place = rng.sample(words.PLACES, k=len(words.PLACES))[number % len(words.PLACES)]
        rng = self._random(sub_category, number)
        name = f"{place} {words.TRADES[sub_category][number % 2]}"
        later = f"-{number}" if number >= len(words.PLACES) else ""
        markup: Markup = ("2019", "today")[number % 2] if self.markup == "mixed" else self.markup
        return Company(
            domain=f"{name.lower().replace(' ', '-')}{later}.example",
            name=name,
            category=category,
            sub_category=sub_category,
            markup=markup,
            review_count=rng.randint(5, max(5, self.most_reviews)),
            quality=rng.choice((1, 2, 3, 4, 4, 5, 5)),
        )

    def _oddity(self, kind: Misbehaviour, markup: Markup) -> Company:
        name = kind.replace("-", " ").capitalize()
        return Company(f"{kind}-{markup}.example", name, ODDITIES, "Odd Shops", markup, 33, 4)

    def _random(self, *key: object) -> random.Random:
        # A generator a thing: what a page says does not depend on what was asked for before.
        return random.Random("/".join(map(str, (self.seed, *key))))
