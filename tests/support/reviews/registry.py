"""Model versions and releases over HTTP, as whoever has the registry token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.support.reviews.artefacts import Artefact

REGISTRY_TOKEN = "a registry token of these tests"
BEARER = {"Authorization": f"Bearer {REGISTRY_TOKEN}"}


def register(client: FlaskClient, artefact: Artefact, query: str = "") -> TestResponse:
    return client.post(f"/api/v1/models{query}", data=artefact.packed, content_type="application/x-tar", headers=BEARER)


def decide(client: FlaskClient, path: str, revision: int, **fields: object) -> TestResponse:
    return client.post(f"/api/v1/{path}", json={"revision": revision, **fields}, headers=BEARER)
