"""Reports, hidden reviews, unlisted brands, ended sessions, and the history of what was done."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import form_of_2019, submission

Headers = dict[str, str]
ACT: dict[str, Any] = {"actor": "Ada", "reason": "a test"}


@pytest.fixture
def review_id(client: FlaskClient) -> int:
    answer = client.post("/api/v1/reviews", json=submission(text="to be judged"), headers={"Idempotency-Key": "once"})
    return int(answer.get_json()["id"])


def moderate(client: FlaskClient, admin: Headers, action: str, kind: str, target: object) -> int:
    body = {"action": action, "kind": kind, "target": str(target), **ACT}
    return client.post("/api/v1/moderation", json=body, headers=admin).status_code


def queue(client: FlaskClient, admin: Headers) -> Any:  # noqa: ANN401  JSON
    return client.get("/api/v1/moderation", headers=admin).get_json()


def seen(client: FlaskClient, engine: Engine, admin: Headers) -> dict[str, Any]:
    """All that shows the review."""
    with engine.connect() as connection:
        labelled = connection.scalars(text("SELECT id FROM labelled_review WHERE source = 'opine'")).all()
    return {
        "list": [item["id"] for item in client.get("/api/v1/reviews").get_json()["items"]],
        "of 2019": [row["id"] for row in client.get("/api/reviews").get_json()],
        "count": client.get("/api/v1/brands/nike").get_json()["review_count"],
        "summary": client.get("/api/v1/brands/nike/summary").get_json()["stars"],
        "export": client.get("/api/v1/reviews.csv", headers=admin).text.count("to be judged"),
        "training": list(labelled),
    }


def test_a_hidden_review_is_nowhere_and_comes_back_as_it_was(
    client: FlaskClient, engine: Engine, admin: Headers, review_id: int
) -> None:
    before = seen(client, engine, admin)
    listed = client.get("/api/v1/reviews").get_json()
    assert moderate(client, admin, "hide", "review", review_id) == 204
    hidden = seen(client, engine, admin)
    assert hidden["list"] == hidden["of 2019"] == hidden["training"] == []
    assert (hidden["count"], hidden["export"]) == (0, 0)
    assert [item["id"] for item in queue(client, admin)["hidden"]] == [review_id]
    assert moderate(client, admin, "restore", "review", review_id) == 204
    assert seen(client, engine, admin) == before
    assert client.get("/api/v1/reviews").get_json() == listed


def test_a_hidden_review_is_not_stored_again_by_its_key(client: FlaskClient, admin: Headers, review_id: int) -> None:
    def again(text: str) -> TestResponse:
        return client.post("/api/v1/reviews", json=submission(text=text), headers={"Idempotency-Key": "once"})

    moderate(client, admin, "hide", "review", review_id)
    problem(again("to be judged"), 409, "review-hidden")
    problem(again("other words"), 422, "idempotency-key-reused")
    assert client.get("/api/v1/reviews").get_json()["items"] == []
    moderate(client, admin, "restore", "review", review_id)
    assert again("to be judged").get_json()["id"] == review_id


def test_a_review_that_is_hidden_while_it_is_sent_again_stays_hidden(
    client: FlaskClient, engine: Engine, admin: Headers, review_id: int
) -> None:
    def again(_: object) -> int:
        sent = submission(text="to be judged")
        other = client.application.test_client()
        return other.post("/api/v1/reviews", json=sent, headers={"Idempotency-Key": "once"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(again, range(40))
        moderate(client, admin, "hide", "review", review_id)
        assert set(answers) <= {201, 409}
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM review")) == 0


def test_a_hidden_review_keeps_nothing_of_its_author(
    client: FlaskClient, engine: Engine, admin: Headers, review_id: int
) -> None:
    moderate(client, admin, "hide", "review", review_id)
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT kept FROM hidden_review"))
    assert not {"client_hash", "user_agent_family"} & set(kept)


@pytest.mark.parametrize("first", [None, "hide"])
def test_a_deleted_review_is_gone_for_good(
    client: FlaskClient, admin: Headers, review_id: int, first: str | None
) -> None:
    if first:
        moderate(client, admin, first, "review", review_id)
    assert moderate(client, admin, "delete", "review", review_id) == 204
    for action in ("restore", "hide", "delete", "dismiss"):
        assert moderate(client, admin, action, "review", review_id) == 404
    assert queue(client, admin)["hidden"] == []


def test_reports_are_counted_once_a_client_until_they_are_dismissed(
    client: FlaskClient, admin: Headers, review_id: int
) -> None:
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        answer = client.post(
            f"/api/v1/reviews/{review_id}/report",
            json={"reason": "an advertisement"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        assert answer.status_code == 204
    (reported,) = queue(client, admin)["reported"]
    assert (reported["id"], reported["reports"]) == (review_id, 2)
    assert reported["reasons"] == ["an advertisement"] * 2
    assert moderate(client, admin, "dismiss", "review", review_id) == 204
    assert queue(client, admin)["reported"] == []
    problem(client.post("/api/v1/reviews/999999/report", json={}), 404)


def test_reporters_of_one_network_are_one_and_only_the_latest_reasons_are_shown(
    client: FlaskClient, admin: Headers, review_id: int
) -> None:
    def report(address: str, reason: str) -> None:
        own = {"REMOTE_ADDR": address}
        path = f"/api/v1/reviews/{review_id}/report"
        assert client.post(path, json={"reason": reason}, environ_overrides=own).status_code == 204

    for number in range(12):
        report(f"2001:db8:0:{number}::1", f"reason {number}")
    report("2001:db8:0:3::2", "once more")
    report("2001:db8:0:99::1", "")
    (reported,) = queue(client, admin)["reported"]
    assert reported["reports"] == 13
    assert reported["reasons"] == [f"reason {number}" for number in range(11, 1, -1)]


def test_a_brand_of_the_2019_route_is_seen_once_it_is_approved(
    client: FlaskClient, engine: Engine, admin: Headers
) -> None:
    lookalike = "Nikе"  # its last letter is Cyrillic  # noqa: RUF001
    assert client.post("/api/review", data=form_of_2019(brand=lookalike)).status_code == 200
    (brand,) = queue(client, admin)["unlisted_brands"]
    assert brand["name"] == lookalike
    slug = brand["slug"]

    def shown() -> list[bool]:
        with engine.connect() as connection:
            labelled = connection.scalars(text("SELECT brand_slug FROM labelled_review")).all()
        return [
            client.get(f"/api/v1/brands/{slug}").status_code == 200,
            slug in {item["slug"] for item in client.get("/api/v1/brands?limit=100").get_json()["items"]},
            slug in {item["brand"]["slug"] for item in client.get("/api/v1/reviews").get_json()["items"]},
            bool(client.get("/api/reviews").get_json()),
            slug in labelled,
            client.post("/api/v1/reviews", json=submission(brand=slug)).status_code == 201,
        ]

    assert not any(shown())
    assert moderate(client, admin, "approve", "brand", slug) == 204
    assert all(shown())
    assert moderate(client, admin, "hide", "brand", slug) == 204
    assert not any(shown())
    assert moderate(client, admin, "delete", "brand", slug) == 204
    assert moderate(client, admin, "restore", "brand", slug) == 404
    assert queue(client, admin)["unlisted_brands"] == []


def test_a_brand_of_the_list_is_hidden_and_not_deleted(client: FlaskClient, admin: Headers) -> None:
    assert moderate(client, admin, "delete", "brand", "nike") == 409
    assert moderate(client, admin, "hide", "brand", "nike") == 204
    assert client.get("/api/v1/brands/nike").status_code == 404
    assert {client.get("/api/v1/brands/random").get_json()["slug"] for _ in range(20)} != {"nike"}
    assert moderate(client, admin, "restore", "brand", "nike") == 204
    assert client.get("/api/v1/brands/nike").status_code == 200


def test_what_was_done_is_written_down_and_cannot_be_changed(
    client: FlaskClient, engine: Engine, admin: Headers, review_id: int
) -> None:
    moderate(client, admin, "hide", "review", review_id)
    moderate(client, admin, "hide", "brand", "nike")
    client.delete(f"/api/v1/reviews/{review_id}", headers=admin)
    events = queue(client, admin)["events"]
    assert [(event["action"], event["kind"], event["actor"]) for event in events] == [
        ("delete", "review", "admin"),
        ("hide", "brand", "Ada"),
        ("hide", "review", "Ada"),
    ]
    for statement in ("UPDATE moderation_event SET actor = 'nobody'", "DELETE FROM moderation_event"):
        with engine.connect() as connection, pytest.raises(IntegrityError, match="cannot change"):
            connection.execute(text(statement))


@pytest.mark.parametrize(
    "body",
    [
        {"action": "approve", "kind": "review", "target": "1"},
        {"action": "dismiss", "kind": "brand", "target": "nike"},
        {"action": "hide", "kind": "review", "target": "nike"},
        {"action": "hide", "kind": "brand", "target": "Not a slug"},
        {"action": "burn", "kind": "brand", "target": "nike"},
    ],
)
def test_what_cannot_be_done_is_422(client: FlaskClient, admin: Headers, body: dict[str, str]) -> None:
    problem(client.post("/api/v1/moderation", json=body | ACT, headers=admin), 422, "invalid-request")


def test_a_session_is_ended_for_all(client: FlaskClient, admin: Headers) -> None:
    session = "/api/v1/admin-sessions/" + "s" * 32
    assert client.get(session, headers=admin).get_json() == {"ended": False}
    assert client.delete(session, headers=admin).status_code == 204
    assert client.delete(session, headers=admin).status_code == 204
    assert client.get(session, headers=admin).get_json() == {"ended": True}


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", "/api/v1/moderation"),
        ("POST", "/api/v1/moderation"),
        ("GET", "/api/v1/admin-sessions/" + "s" * 32),
        ("DELETE", "/api/v1/admin-sessions/" + "s" * 32),
    ],
)
def test_moderation_needs_the_admin_token(client: FlaskClient, method: str, route: str) -> None:
    body = {"action": "hide", "kind": "brand", "target": "nike", **ACT}
    problem(client.open(route, method=method, json=body if method == "POST" else None), 401)
