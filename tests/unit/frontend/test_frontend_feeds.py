"""Feeds as programs read them."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from opine_frontend.app import create_app
from opine_frontend.feeds import ENTRIES
from opine_frontend.settings import Settings

from tests.support.fake_reviews.server import FakeServer

ATOM = "{http://www.w3.org/2005/Atom}"
NASTY = '<script>alert(1)</script> & "quotes" ]]> \x0b\x1b\u200f شكرا 😀\nSecond line'


@pytest.fixture(scope="module")
def fake() -> FakeServer:
    return FakeServer()


@pytest.fixture
def reader(fake: FakeServer) -> FlaskClient:
    fake.store.reset()
    settings = Settings.model_validate({"reviews_url": fake.url, "prefix": "/opine"})
    client: FlaskClient = create_app(settings).server.test_client()
    return client


def _entries(xml: bytes) -> list[ET.Element]:
    return ET.fromstring(xml).findall(f"{ATOM}entry")  # noqa: S314  ours


def test_atom_says_what_was_written_and_where(reader: FlaskClient, fake: FakeServer) -> None:
    newest = fake.store.add_review("lego", NASTY, 1, shown=None, at=datetime(2026, 11, 27, 8, tzinfo=UTC))
    fake.store.reviews[-1]["demo"] = True
    answer = reader.get("/feed.atom")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.data)  # noqa: S314  ours
    assert root.findtext(f"{ATOM}updated") == newest["created_at"]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": "http://localhost/opine/feed.atom", "alternate": "http://localhost/opine/"}
    entries = _entries(answer.data)
    assert len(entries) == ENTRIES
    first = entries[0]
    assert first.findtext(f"{ATOM}content") == NASTY.replace("\x0b", "\ufffd").replace("\x1b", "\ufffd")
    assert first.findtext(f"{ATOM}title") == "1 star for Lego (demo)"
    assert first.findtext(f"{ATOM}id") == f"http://localhost/opine/brands/lego#review-{newest['id']}"
    assert b"<script" not in answer.data
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == ENTRIES


def test_a_json_feed_says_the_same(reader: FlaskClient, fake: FakeServer) -> None:
    fake.store.add_review("lego", NASTY, 1, shown=None)
    answer = reader.get("/feed.json")
    assert answer.content_type == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["content_text"] == NASTY
    atom_ids = [entry.findtext(f"{ATOM}id") for entry in _entries(reader.get("/feed.atom").data)]
    assert [item["id"] for item in feed["items"]] == atom_ids


@pytest.mark.parametrize("suffix", ["atom", "json"])
def test_a_brand_has_its_own(reader: FlaskClient, suffix: str) -> None:
    text = reader.get(f"/brands/ikea/feed.{suffix}").text
    assert "Newest reviews of IKEA · Opine" in text
    assert "/brands/ikea#review-" in text
    assert "/brands/nike" not in text
    assert reader.get(f"/brands/nobody/feed.{suffix}").status_code == 404
    assert len(reader.get(f"/brands/lego/feed.{suffix}").data) < 800


@pytest.mark.parametrize("suffix", ["atom", "json"])
def test_what_did_not_change_is_not_sent_again(reader: FlaskClient, fake: FakeServer, suffix: str) -> None:
    first = reader.get(f"/feed.{suffix}")
    assert first.headers["Last-Modified"] == "Tue, 24 Nov 2026 09:00:00 GMT"
    for header, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = reader.get(f"/feed.{suffix}", headers={header: value})
        assert (again.status_code, again.data) == (304, b"")
    fake.store.reviews.pop(0)
    assert reader.get(f"/feed.{suffix}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_without_the_api_a_reader_is_told_to_come_back(reader: FlaskClient, fake: FakeServer) -> None:
    fake.store.knobs.broken_path = "/api/v1/reviews"
    answer = reader.get("/feed.atom")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("path", "hrefs"),
    [
        ("/", ["/opine/feed.atom", "/opine/feed.json"]),
        ("/brands/ikea", ["/opine/brands/ikea/feed.atom", "/opine/brands/ikea/feed.json"]),
        ("/brands/%22%3E%3Cb%3E", ["/opine/brands/%22%3E%3Cb%3E/feed.atom"]),
    ],
)
def test_pages_name_their_feeds(reader: FlaskClient, path: str, hrefs: list[str]) -> None:
    page = reader.get(path).text
    for href in hrefs:
        assert f'href="{href}"' in page
