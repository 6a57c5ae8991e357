import codecs
import csv
import io

import pytest
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from pydantic import SecretStr
from sqlalchemy import Engine

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import add_reviews, scored

ADMIN_ROUTES = [("DELETE", "/api/v1/reviews/1"), ("GET", "/api/v1/reviews.csv"), ("GET", "/api/v1/scrape-runs")]
COLUMNS = "id,brand,brand_name,text,stars,suggested_stars,score,label,model_name,model_version,model_digest,created_at"


@pytest.fixture
def open_client(settings: Settings, engine: Engine) -> FlaskClient:
    """Of an application without an admin token."""
    add_reviews(engine, [{}])
    return create_app(settings.model_copy(update={"admin_token": SecretStr("")})).test_client()


def _export(client: FlaskClient, admin: dict[str, str], **query: object) -> list[dict[str, str]]:
    response = client.get("/api/v1/reviews.csv", headers=admin, query_string=query)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("method_and_route", ADMIN_ROUTES)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"])
def test_without_the_token_the_answer_is_401(
    client: FlaskClient, engine: Engine, admin: dict[str, str], method_and_route: tuple[str, str], header: str | None
) -> None:
    add_reviews(engine, [{}])
    token = admin["Authorization"].removeprefix("Bearer ")
    headers = {} if header is None else {"Authorization": header.format(token=token)}
    method, route = method_and_route
    response = client.open(route, method=method, headers=headers)
    problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert len(client.get("/api/v1/reviews").get_json()["items"]) == 1


@pytest.mark.parametrize(("method", "route"), ADMIN_ROUTES)
@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer " + 64 * "f"])
def test_if_no_token_is_set_the_answer_is_403_and_says_so(
    open_client: FlaskClient, method: str, route: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    details = problem(open_client.open(route, method=method, headers=headers), 403)
    assert "OPINE_REVIEWS_ADMIN_TOKEN" in details["detail"]
    assert len(open_client.get("/api/v1/reviews").get_json()["items"]) == 1


def test_a_review_is_deleted_once(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    add_reviews(engine, [{}, {}])
    response = client.delete("/api/v1/reviews/1", headers=admin)
    assert (response.status_code, response.data) == (204, b"")
    assert [review["id"] for review in client.get("/api/v1/reviews").get_json()["items"]] == [2]
    problem(client.delete("/api/v1/reviews/1", headers=admin), 404)


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_an_id_that_no_review_can_have_is_422(client: FlaskClient, admin: dict[str, str], number: int) -> None:
    problem(client.delete(f"/api/v1/reviews/{number}", headers=admin), 422, "invalid-request", field="id")
    problem(client.delete(f"/api/v1/reviews/{2**63 - 1}", headers=admin), 404)


def test_the_export_has_every_review_as_it_is(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    text = 'Größe "M", 😀;\nsecond line\r\nthird'
    add_reviews(engine, [{"text": text, "created_at": "2026-11-03T00:00:00.5Z", **scored(0.1 + 0.2)}, {}])
    response = client.get("/api/v1/reviews.csv", headers=admin)
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="reviews.csv"'
    assert response.text.splitlines()[0] == COLUMNS
    plain, whole = _export(client, admin)
    assert whole == {
        "id": "1",
        "brand": "nike",
        "brand_name": "Nike",
        "text": text,
        "stars": "4",
        "suggested_stars": "4",
        "score": "0.30000000000000004",
        "label": "good",
        "model_name": "m",
        "model_version": "1",
        "model_digest": "",
        "created_at": "2026-11-03T00:00:00.500000Z",
    }
    assert (plain["score"], plain["label"], plain["model_name"]) == ("", "", "")


@pytest.mark.parametrize(("text", "kept"), [("=1+1", "'=1+1"), ("a;=1+1\n-cmd", "a;'=1+1\n'-cmd"), ("a=1", "a=1")])
def test_what_a_spreadsheet_would_run_is_defused(
    client: FlaskClient, engine: Engine, admin: dict[str, str], text: str, kept: str
) -> None:
    add_reviews(engine, [{"text": text}])
    assert [row["text"] for row in _export(client, admin)] == [kept]


def test_a_byte_order_mark_comes_on_request(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    add_reviews(engine, [{"text": "Caf\u00e9"}])
    plain, marked = (
        client.get("/api/v1/reviews.csv", headers=admin, query_string=query).data for query in ({}, {"bom": "true"})
    )
    assert marked == codecs.BOM_UTF8 + plain


def test_a_brand_name_from_2019_is_defused_too(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO brand (slug, name) VALUES ('run', '@SUM(1)')")
    add_reviews(engine, [{"brand_slug": "run"}])
    assert _export(client, admin)[0]["brand_name"] == "'@SUM(1)"


def test_the_export_takes_the_filters_of_the_list(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    add_reviews(engine, [{"stars": 1}, {"stars": 2, "brand_slug": "zara"}, {"stars": 3}])
    assert [row["id"] for row in _export(client, admin)] == ["3", "2", "1"]
    assert [row["id"] for row in _export(client, admin, brand="nike", sort="stars", order="asc")] == ["1", "3"]
    assert _export(client, admin, label="bad") == []
    wrong = client.get("/api/v1/reviews.csv", headers=admin, query_string={"limit": 5})
    problem(wrong, 422, "invalid-request", field="limit")


def test_the_export_goes_on_beyond_one_page(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO review (brand_slug, text, stars) "
            "SELECT 'nike', 'x', 1 + mod(n, 5) FROM generate_series(1, 2001) n"
        )
    rows = _export(client, admin, sort="stars")
    assert len({row["id"] for row in rows}) == len(rows) == 2001
    assert [row["stars"] for row in rows] == sorted((row["stars"] for row in rows), reverse=True)
