"""Model versions and releases over HTTP: registered once, decided on the plan that was seen, written down."""

import datetime as dt
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from tests.support.reviews.artefacts import Artefact
from tests.support.reviews.checks import problem
from tests.support.reviews.registry import BEARER, decide, register
from tests.support.reviews.rows import add_reviews, scored


def test_a_version_is_registered_once(client: FlaskClient, artefacts: list[Artefact]) -> None:
    first, second, *_ = artefacts
    assert client.get("/api/v1/models").get_json() == {"items": [], "next_cursor": None}
    assert register(client, first).status_code == 201
    again = register(client, first, "?actor=somebody-else")
    assert again.status_code == 200
    assert again.get_json()["registered_by"] == "operator"
    made = register(client, second, f"?parent={first.digest}&training_run=run-7&code=abc&image=r/t@sha256:1&actor=ci")
    detail = made.get_json()
    assert client.get(f"/api/v1/models/{second.digest}").get_json() == detail
    assert detail.pop("created_at").endswith("Z")
    assert detail == {
        **second.name,
        "parent_digest": first.digest,
        "artefact_bytes": len(second.packed),
        "data_fingerprint": "f" * 64,
        "training_run": "run-7",
        "code": "abc",
        "image": "r/t@sha256:1",
        "registered_by": "ci",
        "card": "# two",
        "metrics": {"accuracy": 0.5},
        "training": {"data_sha256": "f" * 64},
    }


def test_versions_are_listed_last_first_page_by_page(client: FlaskClient, registered: list[Artefact]) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/api/v1/models?limit=1{cursor and f'&cursor={cursor}'}").get_json()
        found += [item["digest"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == [artefact.digest for artefact in registered[2::-1]]


def test_a_version_names_one_artefact(client: FlaskClient, registered: list[Artefact]) -> None:
    problem(register(client, registered[3]), 409, "version-taken")


def test_what_is_no_artefact_is_refused_by_the_artefact_s_own_rules(
    client: FlaskClient, artefacts: list[Artefact]
) -> None:
    damaged = bytearray(artefacts[0].packed)
    damaged[len(damaged) // 2] ^= 1
    for content, said in ((bytes(damaged), "SHA-256 differs"), (b"no tar", "no archive")):
        answer = client.post("/api/v1/models", data=content, content_type="application/x-tar", headers=BEARER)
        detail = problem(answer, 422, "invalid-request", field="body")["detail"]
        assert said in detail
        assert "/tmp" not in detail  # noqa: S108  whatever it lies in here is nobody's business
    problem(register(client, artefacts[0], f"?parent={'0' * 64}"), 422, "invalid-request", field="parent")
    problem(client.post("/api/v1/models", json={}, headers=BEARER), 415)
    assert client.get("/api/v1/models").get_json()["items"] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "my model"}, "'my model'; name and version"),
        ({"name": "m" * 65}, "name and version"),
        ({"version": "1.0\n"}, "name and version"),
        ({"metrics": {"a": [{"b": float("nan")}]}}, "the number nan"),
        ({"metrics": {"a": -float("inf")}}, "the number -inf"),
        ({"metrics": {"accuracy": 10**400}}, "64 bits"),
        ({"metrics": {"a\0": 1}}, "NUL"),
        ({"training": {"data_sha256": "\0"}}, "NUL"),
    ],
)
def test_what_a_manifest_says_can_be_kept(
    client: FlaskClient, artefacts: list[Artefact], tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    folder = shutil.copytree(artefacts[0].folder, tmp_path / "changed")
    manifest = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(manifest | changed))
    answer = register(client, Artefact(folder))
    assert said in problem(answer, 422, "invalid-request", field="body")["detail"]


@pytest.mark.parametrize(
    ("card", "said"), [(b"caf\xe9", "no UTF-8 at byte 3"), (b"a\0b", "NUL"), (b"a" * 65_537, "65537 bytes")]
)
def test_what_a_card_says_can_be_kept(
    client: FlaskClient, artefacts: list[Artefact], tmp_path: Path, card: bytes, said: str
) -> None:
    folder = shutil.copytree(artefacts[0].folder, tmp_path / "changed")
    (folder / "README.md").write_bytes(card)
    answer = register(client, Artefact(folder))
    assert said in problem(answer, 422, "invalid-request", field="body")["detail"]


def test_an_artefact_over_the_limit_is_413(settings: Settings, client: FlaskClient, artefacts: list[Artefact]) -> None:
    few = settings.model_copy(update={"max_artefact_bytes": 2000})
    problem(register(create_app(few).test_client(), artefacts[0]), 413)
    assert register(client, artefacts[0]).status_code == 201


def test_the_artefact_is_got_whole_in_parts_or_not_again(client: FlaskClient, registered: list[Artefact]) -> None:
    artefact = registered[0]
    path = f"/api/v1/models/{artefact.digest}/artefact"
    whole = client.get(path)
    assert whole.data == artefact.packed
    assert whole.headers["ETag"] == f'"{artefact.digest}"'
    assert "immutable" in whole.headers["Cache-Control"]
    part = client.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, artefact.packed[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(artefact.packed)}"
    assert client.get(path, headers={"If-None-Match": f'"{artefact.digest}"'}).status_code == 304
    problem(client.get(path, headers={"Range": f"bytes={len(artefact.packed)}-"}), 416)
    problem(client.get(f"/api/v1/models/{'0' * 64}/artefact"), 404)


def test_a_release_goes_from_shadow_to_live(client: FlaskClient, registered: list[Artefact], release: str) -> None:
    live, candidate, *_ = registered
    plan = client.get("/api/v1/release-plan")
    assert plan.headers["ETag"] == '"2"'
    shadow = {"revision": 2, "live": live.name, "candidate": candidate.name, "stage": "shadow", "weight": 0}
    assert shadow.items() <= plan.get_json().items()
    assert plan.get_json()["age_s"] >= 0
    assert client.get("/api/v1/release-plan", headers={"If-None-Match": '"2"'}).status_code == 304
    evidence = {"comparisons": 1200, "candidate": {"flips": 3, "share": 0.0025}}
    weights = [decide(client, f"{release}/advance", 2, actor="learning", evidence=evidence).get_json()["weight"]]
    weights += [decide(client, f"{release}/advance", 3).get_json()["weight"]]
    assert weights == [10, 50]
    problem(decide(client, f"{release}/advance", 4), 409, "step-refused")
    promoted = decide(client, f"{release}/promote", 4).get_json()
    assert promoted.pop("age_s") >= 0
    assert promoted == {
        "revision": 5, "live": candidate.name, "candidate": None, "release": None, "stage": None, "weight": 0,
    }  # fmt: skip
    events = client.get(f"/api/v1/release-events?release={release.rpartition('/')[2]}").get_json()["items"]
    assert [event["kind"] for event in events] == ["promote", "advance", "advance", "start"]
    assert (events[2]["actor"], events[2]["evidence"]) == ("learning", evidence)
    listed = client.get("/api/v1/releases").get_json()["items"]
    assert [(one["outcome"], one["candidate"], one["baseline"]) for one in listed] == [
        ("promoted", candidate.name, live.name)
    ]
    problem(decide(client, f"{release}/rollback", 5), 409, "release-ended")


def test_what_was_last_found_stays_with_the_release_and_decides_nothing(client: FlaskClient, release: str) -> None:
    def note(kind: str, **fields: object) -> TestResponse:
        return client.put(f"/api/v1/{release}/findings/{kind}", json=fields, headers=BEARER)

    def findings() -> list[dict[str, object]]:
        found: list[dict[str, object]] = client.get(f"/api/v1/{release}").get_json()["findings"]
        return found

    assert findings() == []
    for texts in (10, 20):
        assert note("judgement", actor="learning", evidence={"label_flips": {"comparisons": texts}}).status_code == 204
    assert note("rescoring", evidence={"past_texts": 3}).status_code == 204
    judged, rescored = findings()
    assert (judged["actor"], judged["evidence"]) == ("learning", {"label_flips": {"comparisons": 20}})
    assert (rescored["kind"], rescored["evidence"]) == ("rescoring", {"past_texts": 3})
    assert client.get("/api/v1/release-plan").get_json()["revision"] == 2
    problem(note("rumour", evidence={}), 422, "invalid-request")
    problem(note("judgement"), 422, "invalid-request")
    problem(client.put(f"/api/v1/{release}/findings/judgement", json={"evidence": {}}), 401)
    problem(client.put("/api/v1/releases/99/findings/judgement", json={"evidence": {}}, headers=BEARER), 404)
    decide(client, f"{release}/rollback", 2)
    problem(note("judgement", evidence={}), 409, "release-ended")
    assert findings() == [judged, rescored], "they stay when the release has ended"


def test_a_rollback_leaves_the_live_version(client: FlaskClient, registered: list[Artefact], release: str) -> None:
    decide(client, f"{release}/advance", 2)
    plan = decide(client, f"{release}/rollback", 3).get_json()
    assert (plan["live"], plan["candidate"]) == (registered[0].name, None)
    again = decide(client, "releases", 4, candidate=registered[1].digest)
    assert again.status_code == 201, "a version that was taken back may be tried again"


def test_a_stale_revision_and_a_second_release_are_409(
    client: FlaskClient, registered: list[Artefact], release: str
) -> None:
    problem(decide(client, f"{release}/advance", 1), 409, "stale-revision")
    problem(decide(client, "releases", 2, candidate=registered[2].digest), 409, "step-refused")
    problem(decide(client, "release-plan/pin", 2, digest=registered[2].digest), 409, "step-refused")
    problem(decide(client, "release-plan/pin", 2, digest="0" * 64), 422, "invalid-request", field="digest")
    problem(decide(client, "releases/99/advance", 2), 404)
    assert client.get("/api/v1/release-plan").get_json()["revision"] == 2


@pytest.mark.parametrize("kind", ["advance", "start"])
def test_of_two_at_once_one_decides(
    app: Flask, client: FlaskClient, registered: list[Artefact], kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "advance":
        path, revision, fields = request.getfixturevalue("release") + "/advance", 2, {}
    else:
        decide(client, "release-plan/pin", 0, digest=registered[0].digest)
        path, revision, fields = "releases", 1, {"candidate": registered[1].digest}
    statuses: list[int] = []
    both = threading.Barrier(2)

    def judge() -> None:
        both.wait()
        statuses.append(decide(app.test_client(), path, revision, **fields).status_code)

    judges = [threading.Thread(target=judge) for _ in range(2)]
    for one in judges:
        one.start()
    for one in judges:
        one.join()
    assert max(statuses) == 409
    assert min(statuses) < 300
    assert client.get("/api/v1/release-plan").get_json()["revision"] == revision + 1
    assert len(client.get("/api/v1/releases").get_json()["items"]) == 1


def test_the_history_cannot_be_changed(engine: Engine, release: str) -> None:
    assert release
    for statement in ("UPDATE release_event SET actor = 'nobody'", "DELETE FROM release_event"):
        with engine.begin() as connection, pytest.raises(IntegrityError, match="history of releases cannot change"):
            connection.execute(text(statement))


def test_a_release_counts_what_people_corrected_of_both(
    client: FlaskClient, engine: Engine, registered: list[Artefact], release: str
) -> None:
    live, candidate, *_ = registered

    def add(artefact: Artefact, *chosen: int) -> None:
        rows = [{**scored(0.9), "stars": stars, "model_digest": artefact.digest} for stars in chosen]
        add_reviews(engine, [{**row, "created_at": dt.datetime.now(dt.UTC)} for row in rows])

    add(live, 1, 1)  # before people saw the candidate
    decide(client, f"{release}/advance", 2)
    add(live, 4, 4, 5)
    add(candidate, 4, 1)
    decide(client, f"{release}/rollback", 3)
    add(candidate, 1)  # written before, saved after the end
    found = client.get(f"/api/v1/{release}").get_json()
    assert found["baseline_proposals"] == {"shown": 3, "corrected": 1}
    assert found["candidate_proposals"] == {"shown": 2, "corrected": 1}


def test_proposals_are_counted_by_version_and_time(client: FlaskClient, engine: Engine) -> None:
    one, other = "1" * 64, "2" * 64

    def add(digest: str, minute: int, *chosen: int) -> None:
        moment = f"2026-11-28T12:{minute:02}:00Z"
        add_reviews(engine, [{**scored(0.9), "stars": n, "model_digest": digest, "created_at": moment} for n in chosen])

    add(one, 0, 4, 1)
    add(one, 7, 4)
    add(other, 7, 2, 2, 4)
    add(one, 30, 1)
    add("3" * 64, 7, 1)
    query = f"/api/v1/proposals?digest={one}&digest={other}&since=2026-11-28T12:00:00Z&until=2026-11-28T12:30:00Z"
    problem(client.get(query), 401)
    found = client.get(query, headers=BEARER).get_json()
    assert found["until"] == "2026-11-28T12:30:00Z"
    counts = [(item["digest"], item["since"][14:16], item["shown"], item["corrected"]) for item in found["items"]]
    assert counts == [(one, "00", 3, 1), (other, "00", 3, 2)]
    by_time = client.get(f"{query}&bucket_s=300", headers=BEARER).get_json()["items"]
    counts = [(item["digest"], item["since"][14:16], item["shown"], item["corrected"]) for item in by_time]
    assert counts == [(one, "00", 2, 1), (one, "05", 1, 0), (other, "05", 3, 2)]
    assert client.get(query.partition("&until")[0], headers=BEARER).get_json()["items"][0]["shown"] == 4
    many = client.get(f"{query}&bucket_s=1", headers=BEARER)
    assert "more than 1000 buckets" in problem(many, 422, "invalid-request")["detail"]
    problem(client.get("/api/v1/proposals?since=2026-11-28T12:00:00Z", headers=BEARER), 422, "invalid-request")


def test_metrics_tell_of_the_release(client: FlaskClient, release: str, metrics: Callable[[], str]) -> None:
    assert "opine_release_weight 0.0" in metrics()
    decide(client, f"{release}/advance", 2)
    assert "opine_release_weight 10.0" in metrics()
    decide(client, f"{release}/rollback", 3)
    shown = metrics()
    assert "opine_release_weight -1.0" in shown
    assert 'opine_release_decisions{kind="rollback"} 1.0' in shown
    assert 'opine_release_decisions{kind="promote"} 0.0' in shown


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"a": "x" * 40_000}, "too large"),
        ({"a": {"b": {"c": 1}}}, "evidence"),
        ({"a": "\0"}, "NUL"),
        ([], "evidence"),
        ({"a": {"b": 10**400}}, "evidence"),
    ],
)
def test_evidence_is_bounded(client: FlaskClient, registered: list[Artefact], evidence: object, said: str) -> None:
    answer = decide(client, "release-plan/pin", 0, digest=registered[0].digest, evidence=evidence)
    assert said in str(problem(answer, 422, "invalid-request"))


STEPS = {
    "releases": {"candidate": "0" * 64},
    "release-plan/pin": {"digest": "0" * 64},
    **{f"releases/1/{step}": {} for step in ("advance", "promote", "rollback")},
}


def decisions(client: FlaskClient, headers: dict[str, str]) -> list[TestResponse]:
    """The answer of each route that decides."""
    return [
        client.post(f"/api/v1/{path}", json={"revision": 0, **body}, headers=headers) for path, body in STEPS.items()
    ]


def registration(client: FlaskClient, headers: dict[str, str]) -> TestResponse:
    return client.post("/api/v1/models", data=b"x", content_type="application/x-tar", headers=headers)


def test_writes_need_a_token(client: FlaskClient, settings: Settings, admin: dict[str, str]) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for answer in [registration(client, headers), *decisions(client, headers)]:
            problem(answer, 401)
    closed = create_app(settings.model_copy(update={"registry_token": SecretStr("")})).test_client()
    for headers in (BEARER, admin):
        for answer in [registration(closed, headers), *decisions(closed, headers)]:
            assert "OPINE_REVIEWS_REGISTRY_TOKEN" in problem(answer, 403)["detail"]
    unset = create_app(settings.model_copy(update={"admin_token": SecretStr("")})).test_client()
    for answer in decisions(unset, {"Authorization": "Bearer "}):
        problem(answer, 401)


def test_an_admin_decides_and_registers_nothing(
    client: FlaskClient, registered: list[Artefact], admin: dict[str, str]
) -> None:
    problem(registration(client, admin), 401)
    pinned = client.post(
        "/api/v1/release-plan/pin", json={"revision": 0, "digest": registered[0].digest}, headers=admin
    )
    assert pinned.get_json()["live"]["digest"] == registered[0].digest
