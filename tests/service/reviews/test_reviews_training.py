"""Trainings over HTTP: one at a time, begun for a reason, ended once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.reviews.checks import problem
from tests.support.reviews.registry import BEARER, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.support.reviews.artefacts import Artefact

RUNS = "/api/v1/training-runs"


def post(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    return client.post(f"{RUNS}{path}", json=fields, headers=BEARER)


@pytest.fixture
def versions(client: FlaskClient, artefacts: list[Artefact]) -> list[str]:
    for artefact in artefacts[:2]:
        assert register(client, artefact).status_code == 201
    return [artefact.digest for artefact in artefacts]


def test_a_training_is_begun_for_a_reason_and_ended_once(
    client: FlaskClient, versions: list[str], metrics: Callable[[], str]
) -> None:
    parent, made, *_ = versions
    reason = {"reason": "200 new labels", "labels": {"new": 200, "corrected": 60}}
    started = post(client, "", parent=parent, actor="learning", evidence=reason)
    assert started.status_code == 201
    run = started.get_json()
    assert (run["parent_digest"], run["actor"], run["evidence"], run["outcome"]) == (parent, "learning", reason, None)
    problem(post(client, "", parent=parent), 409, "training-open")

    end = f"/{run['id']}/end"
    problem(post(client, end, outcome="registered"), 422, "invalid-request", field="version")
    problem(post(client, end, outcome="refused", version=made), 422, "invalid-request", field="version")
    problem(post(client, end, outcome="registered", version="0" * 64), 422, "invalid-request", field="version")
    ended = post(client, end, outcome="registered", version=made, evidence={"reason": "it passed"})
    assert ended.status_code == 200
    problem(post(client, end, outcome="refused"), 409, "training-ended")
    (shown,) = client.get(RUNS).get_json()["items"]
    assert shown == ended.get_json()
    assert (shown["outcome"], shown["version_digest"], shown["result"]) == ("registered", made, {"reason": "it passed"})
    assert shown["started_at"] <= shown["ended_at"]
    shown = metrics()
    assert 'opine_training_runs{outcome="registered"} 1.0' in shown
    assert 'opine_training_runs{outcome="running"} 0.0' in shown
    assert post(client, "", parent=made).status_code == 201


def test_of_two_at_once_one_begins(app: Flask, versions: list[str]) -> None:
    statuses: list[int] = []
    both = threading.Barrier(2)

    def start() -> None:
        both.wait()
        statuses.append(post(app.test_client(), "", parent=versions[0]).status_code)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(statuses) == [201, 409]


def test_who_has_no_token_and_what_is_not_there_is_refused(client: FlaskClient, versions: list[str]) -> None:
    problem(client.post(RUNS, json={"parent": versions[0]}), 401)
    problem(post(client, "", parent="0" * 64), 422, "invalid-request", field="parent")
    problem(post(client, "/7/end", outcome="failed"), 404)
    assert client.get(RUNS).get_json() == {"items": [], "next_cursor": None}
