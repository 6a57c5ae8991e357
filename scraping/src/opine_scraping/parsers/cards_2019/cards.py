"""One review card of the markup of 2019."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opine_scraping.names import out_of_reply, out_of_review
from opine_scraping.parsers.text import first, has_class, stable_id, text_of
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_STARS = f".//div[{has_class('review-content__header')}]//div[{has_class('star-rating')}]//img"
_DATES = f".//*[{has_class('review-content-header__dates')}]//script"
_TITLE = f".//*[{has_class('review-content__title')}]"
_TEXT = f".//p[{has_class('review-content__text')}]"
_REPLY = f".//*[{has_class('brand-company-reply__content')}]"
_NAME = f".//*[{has_class('consumer-information__name')}]"
_COUNTRY = f".//*[{has_class('consumer-information__location')}]//span"
_JSON = ".//script[@type='application/json']"


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    stars: int
    reviewed_at: dt.datetime
    title: str | None
    text: str
    reply: str | None
    country: str | None
    verified: bool | None


def read_card(card: HtmlElement, company: str) -> Card | Fault:
    stars = _stars(card)
    if stars is None:
        return Fault(Reason.NO_STARS, "no star image with a number from 1 to 5")
    date = _date(card)
    if date is None:
        return Fault(Reason.BAD_CARD, "no date")
    name = _optional(card, _NAME) or ""
    title = out_of_review(_optional(card, _TITLE) or "", name) or None
    text = out_of_review(_optional(card, _TEXT) or "", name)
    reply = _optional(card, _REPLY)
    country = _optional(card, _COUNTRY)
    return Card(
        id=_id(card) or stable_id(company, date.isoformat(), str(stars), title or "", text),
        stars=stars,
        reviewed_at=date,
        title=title,
        text=text,
        reply=out_of_reply(reply, name) if reply else None,
        country=country if country and re.fullmatch("[A-Z]{2}", country) else None,
        verified=_verified(card),
    )


def _optional(card: HtmlElement, path: str) -> str | None:
    found = first(card, path)
    return None if found is None else text_of(found) or None


def _stars(card: HtmlElement) -> int | None:
    image = first(card, _STARS)
    if image is None:
        return None
    number = re.match(r"[1-5]\b", image.get("alt", "")) or re.search(r"(?<=stars-)[1-5](?=\.)", image.get("src", ""))
    return int(number[0]) if number else None


def _id(card: HtmlElement) -> str | None:
    if card.get("id"):
        return str(card.get("id"))
    link = first(card, f"{_TITLE}//a[starts-with(@href, '/reviews/')]")
    return None if link is None else link.get("href").removeprefix("/reviews/").split("?")[0] or None


def _date(card: HtmlElement) -> dt.datetime | None:
    for script in card.xpath(_DATES):
        if found := re.search(r'"publishedDate"\s*:\s*"([^"]+)"|(\d{4}-\d{2}-\d{2})', script.text or ""):
            try:
                moment = dt.datetime.fromisoformat(found[1] or found[2])
            except ValueError:
                continue
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    return None


def _verified(card: HtmlElement) -> bool | None:
    for data in _json(card):
        if isinstance(data, dict) and isinstance(data.get("isVerified"), bool):
            return bool(data["isVerified"])
    return None


def _json(card: HtmlElement) -> Iterator[Any]:
    for script in card.xpath(_JSON):
        # The page's own components stand behind the object in the same script.
        try:
            yield json.JSONDecoder().raw_decode((script.text or "").lstrip())[0]
        except ValueError:
            continue
