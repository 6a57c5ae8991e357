"""What goes for every answer: ids, headers, errors of our own, probes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from sqlalchemy import Engine, text

from tests.support.reviews.checks import error_of_2019, problem
from tests.support.reviews.rows import schema_at, submission

ROUTES = ["/api/v1/brands", "/api/reviews", "/nowhere", "/livez", "/readyz", "/api/v1/openapi.json"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_request_id_is_answered(client: FlaskClient, route: str) -> None:
    assert client.get(route, headers={"X-Request-ID": "abc-1.2_3"}).headers.getlist("X-Request-ID") == ["abc-1.2_3"]


@pytest.mark.parametrize("offered", [None, "", "a b", "a" * 129, "é"])
def test_a_request_id_is_made_where_none_can_be_taken(client: FlaskClient, offered: str | None) -> None:
    headers = {} if offered is None else {"X-Request-ID": offered}
    ids = {problem(client.get("/nowhere", headers=headers), 404)["request_id"] for _ in range(2)}
    assert len(ids) == 2
    assert offered not in ids


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_kept_from_caches_and_pages(client: FlaskClient, route: str) -> None:
    headers = client.get(route).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_of_our_own_is_500_and_tells_nothing(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of the code")

    monkeypatch.setattr(app, "debug", debug)
    monkeypatch.setitem(app.view_functions, "brands.get_brands", broken)
    monkeypatch.setitem(app.view_functions, "legacy_2019.get_reviews", broken)
    response = client.get("/api/v1/brands")
    problem(response, 500)
    assert "secret" not in response.text
    assert "secret" not in error_of_2019(client.get("/api/reviews"), 500)


def test_probes_answer(client: FlaskClient) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").text == "ready\n"


def test_readiness_needs_the_schema(client: FlaskClient, engine: Engine) -> None:
    for found, status in (("0000", 503), ("9999", 200)):
        with schema_at(engine, found):
            assert client.get("/readyz").status_code == status
            assert client.get("/livez").status_code == 200


def test_without_tables_the_answer_is_503_and_says_what_to_run(settings: Settings, engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE untouched"))
        url = settings.database_url.unicode_string().rpartition("/")[0] + "/untouched"
        app = create_app(Settings.model_validate(settings.model_dump() | {"database_url": url}))
        for route in ("/readyz", "/api/v1/brands"):
            response = app.test_client().get(route)
            assert "opine-reviews migrate" in problem(response, 503, "database-unavailable")["detail"]
            assert response.headers["Retry-After"] == "5"
        app.extensions["opine_reviews"].database.engine.dispose()
        connection.execute(text("DROP DATABASE untouched"))


@pytest.mark.parametrize("hops", [0, 1])
def test_a_forwarded_address_is_believed_of_trusted_proxies_only(settings: Settings, engine: Engine, hops: int) -> None:
    client = create_app(settings.model_copy(update={"trusted_proxies": hops})).test_client()
    for address in ("192.0.2.1", "192.0.2.2"):
        client.post("/api/v1/reviews", json=submission(), headers={"X-Forwarded-For": f"198.51.100.9, {address}"})
    with engine.connect() as connection:
        hashes = connection.scalar(text("SELECT count(DISTINCT client_hash) FROM review"))
    assert hashes == 1 + hops


@pytest.mark.parametrize("state", ["53100", "53200", "53300"])
def test_a_server_that_lacks_room_is_away_for_now(client: FlaskClient, engine: Engine, state: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$BEGIN RAISE 'No space left on device' USING ERRCODE = '{state}'; END$$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON review FOR EACH ROW EXECUTE FUNCTION full_disk()")
        )
    try:
        answer = client.post("/api/v1/reviews", json=submission())
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.get_json()["type"] == "urn:opine:problem:database-unavailable"
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))
    assert client.post("/api/v1/reviews", json=submission()).status_code == 201
