"""The Flask side of the application, without a browser."""

import json

import pytest
from flask.testing import FlaskClient
from opine_frontend.security import is_same_origin

_EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
_FIELDS = {"q": "", "stars": "", "label": "", "sort": "created_at", "order": "desc", "cursors": []}
_CALLBACK = {
    "output": "..admin-table.children...admin-count.children...admin-next-cursor.data...admin-previous.disabled..."
    "admin-next.disabled...admin-export.href...admin-excerpts.data..",
    "outputs": [
        {"id": element, "property": name}
        for element, name in (
            ("admin-table", "children"),
            ("admin-count", "children"),
            ("admin-next-cursor", "data"),
            ("admin-previous", "disabled"),
            ("admin-next", "disabled"),
            ("admin-export", "href"),
            ("admin-excerpts", "data"),
        )
    ],
    "inputs": [{"id": "admin-query", "property": "data", "value": _FIELDS}],
    "changedPropIds": ["admin-query.data"],
}


@pytest.fixture(autouse=True)
def _logged_out(client: FlaskClient) -> None:
    client.delete_cookie("opine_session")


def test_pages_carry_their_guards(client: FlaskClient) -> None:
    headers = client.get("/").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_names_no_foreign_host(client: FlaskClient) -> None:
    page = client.get("/").text
    assert 'src="http' not in page
    assert 'href="http' not in page


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/brands/nike", 200), ("/nowhere", 404), ("/predict", 404)])
def test_statuses_without_the_api(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_it_is_ready_without_the_api(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/submit", "/admin/login", "/_dash-update-component"])
def test_writes_from_other_sites_are_refused(client: FlaskClient, path: str) -> None:
    assert client.post(path, json={}, headers=_EVIL).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [("[]", 400), ("{", 400), ('{"text": 5}', 400), (json.dumps({"text": "x" * 300_000}), 413)],
)
def test_malformed_requests_are_refused(client: FlaskClient, body: str, status: int) -> None:
    assert client.post("/predict", data=body, content_type="application/json").status_code == status


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"output": "x"}',
        '{"output": "nothing.children", "inputs": []}',
        json.dumps(_CALLBACK | {"inputs": []}),
        json.dumps(_CALLBACK | {"inputs": [5]}),
        json.dumps(_CALLBACK | {"outputs": 5}),
        json.dumps(_CALLBACK | {"state": [{"id": "a", "property": "b"}]}),
        json.dumps(_CALLBACK | {"changedPropIds": 5}),
    ],
)
def test_what_is_no_request_of_a_callback_is_400(client: FlaskClient, body: str) -> None:
    assert client.post("/_dash-update-component", data=body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("path", ["nothing/x.js", "dash/nothing.js", "dash/%00", "dash/deps/../../x"])
def test_a_file_that_no_library_has_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("", None)])
def test_answers_are_compressed_by_what_makes_them_smallest(
    client: FlaskClient, accepted: str, coding: str | None
) -> None:
    answer = client.get("/_dash-dependencies", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding


def test_a_form_cannot_ask_for_a_prediction(client: FlaskClient) -> None:
    assert client.post("/predict", data={"text": "great"}).status_code == 415


def test_an_absent_api_is_explained(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"text": "great"})
    assert answer.status_code == 503
    assert answer.get_json()["reason"] == "unreachable"


@pytest.mark.parametrize("change", [{"key": "short"}, {"key": "k" * 16, "review": {"brand": "nike"}}])
def test_incomplete_reviews_are_refused(client: FlaskClient, change: dict[str, object]) -> None:
    review = {"brand": "nike", "text": "great", "stars": 5, "prediction": None}
    assert client.post("/submit", json={"key": "k" * 16, "review": review, **change}).status_code == 400


def test_admin_callbacks_need_the_session(client: FlaskClient) -> None:
    answer = client.post("/_dash-update-component", json=_CALLBACK)
    assert "Your session has ended" in answer.text
    assert "not answering" not in answer.text
    assert client.get("/admin/reviews.csv").status_code == 403
    assert _log_in(client, "open sesame").endswith("/admin")
    answer = client.post("/_dash-update-component", json=_CALLBACK)
    assert answer.status_code == 200
    assert "not answering" in answer.text
    assert client.get("/admin/reviews.csv").status_code == 503


@pytest.mark.parametrize(
    ("site", "origin", "same"),
    [
        ("same-origin", "http://opine.example:8050", True),
        ("none", None, True),
        (None, None, True),
        (None, "http://opine.example:8050", True),
        ("cross-site", None, False),
        ("same-site", "http://api.opine.example", False),
        (None, "http://opine.example", False),
        (None, "null", False),
        (None, "http://[::1", False),
        (None, "opine.example:8050", False),
    ],
)
def test_origins(site: str | None, origin: str | None, same: bool) -> None:
    assert is_same_origin(site, origin, "opine.example:8050") is same


def _log_in(client: FlaskClient, password: str) -> str:
    answer = client.post("/admin/login", data={"password": password}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    return answer.headers["Location"]
