"""Feeds of the newest reviews, of all and of one brand: Atom (RFC 4287) and JSON Feed 1.1.

Why not by a library: docs/decisions/frontend.md.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import ServiceUnavailable

from opine_frontend.components.formatting import counted
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import NotFound, ReviewsApiError
from opine_frontend.reviews_api.schemas import Review, ReviewQuery
from opine_frontend.routing import brand_path, link

ENTRIES = 30
ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"

_NAMESPACE = "http://www.w3.org/2005/Atom"
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
# What XML 1.0 has no way to write, escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Feed:
    """Reviews, newest first, and where they and the feed are on the web."""

    title: str
    page_url: str
    feed_url: str
    site_url: str
    reviews: Sequence[Review]

    @property
    def updated(self) -> datetime:
        return self.reviews[0].created_at if self.reviews else _NOTHING_YET

    def url_of(self, review: Review) -> str:
        return f"{self.site_url}{brand_path(review.brand.slug)}#review-{review.id}"


class _Format(NamedTuple):
    suffix: str
    media_type: str
    write: Callable[[Feed], bytes]


def write_atom(feed: Feed) -> bytes:
    root = Element("feed", xmlns=_NAMESPACE)
    _add(root, "id", feed.feed_url)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.updated.isoformat())
    SubElement(root, "link", rel="self", type=ATOM, href=feed.feed_url)
    SubElement(root, "link", rel="alternate", type="text/html", href=feed.page_url)
    # Nobody signs a review, and Atom wants an author.
    _add(SubElement(root, "author"), "name", "Visitors of Opine")
    for review in feed.reviews:
        entry = SubElement(root, "entry")
        _add(entry, "id", feed.url_of(review))
        _add(entry, "title", _title(review))
        _add(entry, "published", review.created_at.isoformat())
        _add(entry, "updated", review.created_at.isoformat())
        SubElement(entry, "link", rel="alternate", type="text/html", href=feed.url_of(review))
        if review.demo:
            SubElement(entry, "category", term="demo", label="Invented for a demonstration")
        _add(entry, "content", review.text).set("type", "text")
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def write_json_feed(feed: Feed) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.feed_url,
        "items": [
            {
                "id": feed.url_of(review),
                "url": feed.url_of(review),
                "title": _title(review),
                "content_text": review.text,
                "date_published": review.created_at.isoformat(),
                **({"tags": ["demo"]} if review.demo else {}),
            }
            for review in feed.reviews
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


_FORMATS = (_Format("atom", ATOM, write_atom), _Format("json", JSON_FEED, write_json_feed))


def feed_links(slug: str = "") -> list[tuple[str, str, str]]:
    """Media type, title and address of a page's feeds, those of its brand first."""
    of_all = [(form.media_type, "Newest reviews · Opine", link(f"/feed.{form.suffix}")) for form in _FORMATS]
    if not slug:
        return of_all
    title = "Newest reviews of this brand · Opine"
    return [(form.media_type, title, f"{brand_path(slug)}/feed.{form.suffix}") for form in _FORMATS] + of_all


def register_feeds(server: Flask, api: ReviewsApi) -> None:
    for form in _FORMATS:

        def of_all(form: _Format = form) -> Response:
            return _answer(api, form, "")

        def of_brand(slug: str, form: _Format = form) -> Response:
            return _answer(api, form, slug)

        server.add_url_rule(f"/feed.{form.suffix}", f"feed_{form.suffix}", of_all)
        server.add_url_rule(f"/brands/<slug>/feed.{form.suffix}", f"brand_feed_{form.suffix}", of_brand)


def _answer(api: ReviewsApi, form: _Format, slug: str) -> Response:
    feed = _read(api, slug)
    answer = Response(form.write(feed), content_type=f"{form.media_type}; charset=utf-8")
    # What was hidden is gone from the next answer on; what did not change is 304.
    answer.headers["Cache-Control"] = "no-cache"
    answer.last_modified = feed.updated
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _read(api: ReviewsApi, slug: str) -> Feed:
    site_url = request.host_url.rstrip("/")
    try:
        name = api.brand(slug).name if slug else ""
        reviews = api.reviews(ReviewQuery(brand=slug, limit=ENTRIES)).items
    except NotFound:
        raise NoSuchPage(f"There is no brand called {slug} here.") from None
    except ReviewsApiError as error:
        raise ServiceUnavailable("The reviews are not here at the moment.", retry_after=30) from error
    return Feed(
        title=f"Newest reviews of {name} · Opine" if slug else "Newest reviews · Opine",
        page_url=site_url + (brand_path(slug) if slug else link("/")),
        feed_url=site_url + request.script_root + request.path,
        site_url=site_url,
        reviews=reviews,
    )


def _title(review: Review) -> str:
    stars = f"{counted(review.stars, 'star')} for {review.brand.name}"
    return f"{stars} (demo)" if review.demo else stars


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return element
