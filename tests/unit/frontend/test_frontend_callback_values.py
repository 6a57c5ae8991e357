"""What anybody may send to a callback: each part of a page's own request in turn becomes what no page sends."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from opine_frontend.app import create_app
from opine_frontend.settings import Settings
from pydantic import HttpUrl, SecretStr

from tests.support.fake_reviews.server import FakeServer
from tests.support.fake_reviews.store import PASSWORD, TOKEN

URL = "/_dash-update-component"

_PAGING = {"query": {"brand": "nike", "address": ""}, "cursors": ["8"], "next": "16"}
_QUERY = {"q": "", "stars": "", "label": "", "sort": "created_at", "order": "desc", "cursors": []}
_DIGEST = "0" * 64
# What the pages send, by place; what is not here is a button's number of clicks.
SENT: dict[str, Any] = {
    "url.pathname": "/brands/nike",
    "url.search": "?q=shoes",
    "page-again.data": 1_767_225_600_000,
    "composer-brand.data": {"slug": "nike", "name": "Nike", "website": None, "href": "/", "placeholder": False},
    "front-activity.id": "front-activity",
    "brand-search.value": "nike",
    "brand-sector.value": None,
    "brand-next.data": {"query": {"q": "nike"}, "cursor": "8"},
    "brand-results.children": [],
    "reviews-search.value": "shoes",
    "reviews-stars.value": "5",
    "reviews-sort.value": "newest",
    "reviews-term.data": "",
    "reviews-paging.data": _PAGING,
    "elsewhere-paging.data": _PAGING,
    "models-history-paging.data": _PAGING,
    "report.id": {"type": "report", "review": "1"},
    "compare-shown.data": ["", ""],
    "admin-query.data": _QUERY,
    "admin-q.value": "",
    "admin-stars.value": None,
    "admin-label.value": "good",
    "admin-next-cursor.data": "20",
    "admin-excerpts.data": {"1": "words"},
    "admin-deleting.data": "1",
    "models-plan.data": {"revision": 1, "release": 1, "live": "a", "candidate": "b", "names": {_DIGEST: "c"}},
    "models-asked.data": {"step": "pin", "target": _DIGEST, "name": "c", "revision": 1, "release": 1},
    "models-reason.value": "",
    "models-flips-cursor.data": "8",
    **{f"compare-{side}.searchValue": "nike" for side in "ab"},
    **{f"compare-{side}.data": [{"value": "nike", "label": "Nike"}] for side in "ab"},
    **{f"compare-{side}.value": "nike" for side in "ab"},
}
# Of ids that a pattern finds.
_KEYS = {"review": "1", "column": "stars", "action": "hide", "kind": "review", "target": _DIGEST, "step": "pin"}

HOSTILE: list[object] = [
    None,
    True,
    5,
    -1,
    10**30,
    0.5,
    float("inf"),
    "x",
    "",
    "a\x00b",
    "\x1b[31m\u202e\u2028",
    "x" * 20_000,
    "..",
    "/brands/..",
    "/brands/%00",
    "/brands/%ff%ed%a0%80",
    "https://[::1",
    "?brand=%00&a=..&b=%ff&stars=%F0",
    [],
    ["x", None],
    [[["x"]]],
    {},
    {"unknown": {"deep": [1]}},
    {"type": "Div", "namespace": "dash_html_components", "props": {"children": "x"}},
    {"slug": 5, "value": [], "query": "x", "cursors": "abc", "revision": "1", "step": "x", "review": {}},
]
NO_IDS: list[object] = [
    None,
    5,
    "",
    "..",
    "{",
    '{"a":' * 2000,
    '{"type": "x"',
    '{"review":5}.n_clicks',
    "[].x",
    [],
    {},
    {"x": "y"},
]
Body = dict[str, Any]


@pytest.fixture(scope="module")
def app() -> Iterator[Dash]:
    fake = FakeServer()
    settings = Settings(
        reviews_url=HttpUrl(fake.url),
        admin_password=SecretStr(PASSWORD),
        admin_token=SecretStr(TOKEN),
        secret_key=SecretStr("k" * 32),
    )
    yield create_app(settings)
    fake.stop()


@pytest.fixture(scope="module")
def admin(app: Dash) -> FlaskClient:
    # An exception is what a server answers with 500.
    app.server.config["PROPAGATE_EXCEPTIONS"] = False
    client: FlaskClient = app.server.test_client()
    client.post("/admin/login", data={"password": PASSWORD})
    return client


def test_what_a_page_sends_is_answered(app: Dash, admin: FlaskClient) -> None:
    answers = {body["output"]: _status(admin, body) for body in _requests(app)}
    assert set(answers.values()) <= {200, 204}, answers
    assert len(answers) > 20


def test_a_counter_that_has_counted_nothing_is_answered(app: Dash, admin: FlaskClient) -> None:
    """Dash sends null for a button that was drawn anew, as after "Try again"."""
    for body in _requests(app):
        for place in _places(body):
            if place["property"] in {"n_clicks", "n_intervals"}:
                place["value"] = None
        assert _status(admin, body) in {200, 204}, body["output"]


def test_no_value_breaks_a_callback(app: Dash, admin: FlaskClient) -> None:
    statuses = set()
    for body in _requests(app):
        for place in _places(body):
            for hostile in HOSTILE:
                changed = json.loads(json.dumps(body))
                for changed_place in _places(changed):
                    if changed_place == place:
                        changed_place["value"] = hostile
                status = _status(admin, changed)
                statuses.add(status)
                assert status in {200, 204, 400}, (body["output"], place["id"], place["property"], hostile)
    assert statuses == {200, 204, 400}


def test_no_part_of_a_value_breaks_a_callback(app: Dash, admin: FlaskClient) -> None:
    for body in _requests(app):
        for index, place in enumerate(_places(body)):
            for name in place["value"] if isinstance(place["value"], dict) else ():
                for hostile in (*HOSTILE, ...):
                    changed = json.loads(json.dumps(body))
                    value = _places(changed)[index]["value"]
                    value.pop(name) if hostile is ... else value.update({name: hostile})
                    status = _status(admin, changed)
                    assert status in {200, 204, 400}, (body["output"], place["id"], name, hostile)


def test_no_id_and_no_trigger_breaks_a_callback(app: Dash, admin: FlaskClient) -> None:
    for body in {body["output"]: body for body in _requests(app)}.values():
        for hostile in NO_IDS:
            for changed in _changed_around(body, hostile):
                status = _status(admin, changed)
                assert status in {200, 204, 400}, (body["output"], changed)


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '"\\udc00x"', "1e999", "-" + "9" * 5000, "[" * 5000 + "]" * 5000, "NaN", '"\x00"', "'x'", ""]
)
def test_what_json_allows_and_no_page_sends_is_400(app: Dash, admin: FlaskClient, text: str) -> None:
    for body in _requests(app):
        for place in _places(body):
            place["value"] = "HERE"
        raw = json.dumps(body).replace('"HERE"', text)
        answer = admin.post(URL, data=raw, content_type="application/json")
        assert answer.status_code == 400, (body["output"], text)
        assert "this page" in answer.text.lower() or "a page of ours" in answer.text


def test_a_callback_of_the_browser_is_no_callback_of_the_server(app: Dash, admin: FlaskClient) -> None:
    of_browser = [output for output, known in app.callback_map.items() if "callback" not in known]
    assert of_browser
    for output in of_browser:
        inputs = [{**place, "value": 1} for place in app.callback_map[output]["inputs"]]
        assert _status(admin, {"output": output, "inputs": inputs, "state": []}) == 400


def _status(client: FlaskClient, body: Body) -> int:
    return int(client.post(URL, json=body).status_code)


def _requests(app: Dash) -> Iterator[Body]:
    """What a page sends to each callback, each of its inputs being the trigger once."""
    for output, known in app.callback_map.items():
        if "callback" not in known:
            continue
        inputs = [_asked(place) for place in known["inputs"]]
        body = {"output": output, "outputs": _outputs(output), "inputs": inputs}
        body["state"] = [_asked(place) for place in known["state"]]
        for asked in inputs:
            first = asked[0] if isinstance(asked, list) else asked
            yield {**body, "changedPropIds": [_name(first)]}


def _outputs(output: str) -> Any:  # noqa: ANN401  JSON
    if not output.startswith(".."):
        return _place_named(output)
    return [_place_named(name) for name in output.strip(".").split("...")]


def _place_named(name: str) -> Body:
    element, _, name = name.rpartition(".")
    return {"id": _id(element), "property": name}


def _asked(place: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    element = _id(place["id"])
    value = SENT.get(f"{element['type'] if isinstance(element, dict) else element}.{place['property']}", 1)
    asked = {"id": element, "property": place["property"], "value": value}
    return [asked] if "ALL" in place["id"] else asked


def _id(declared: str) -> str | dict[str, str]:
    if not declared.startswith("{"):
        return declared
    return {key: _KEYS[key] if isinstance(value, list) else value for key, value in json.loads(declared).items()}


def _name(place: Body) -> str:
    element = place["id"]
    name = element if isinstance(element, str) else json.dumps(element, sort_keys=True, separators=(",", ":"))
    return f"{name}.{place['property']}"


def _places(body: Body) -> list[Body]:
    return [
        one for place in (*body["inputs"], *body["state"]) for one in (place if isinstance(place, list) else [place])
    ]


def _changed_around(body: Body, hostile: object) -> Iterator[Body]:
    """With this as an id, a part of one, a property, an output or the trigger."""
    yield {**body, "changedPropIds": [hostile]}
    yield {**body, "changedPropIds": hostile}
    yield {**body, "outputs": hostile}
    yield {**body, "outputs": [hostile]}
    for part in ("id", "property"):
        yield {**body, "outputs": {"id": "x", "property": "y", part: hostile}}
        for index in range(len(_places(body))):
            changed = json.loads(json.dumps(body))
            _places(changed)[index][part] = hostile
            yield changed
    changed = json.loads(json.dumps(body))
    for place in _places(changed):
        if isinstance(place["id"], dict):
            place["id"] = {key: hostile if key != "type" else value for key, value in place["id"].items()}
            changed["changedPropIds"] = [_name(place)]
    yield changed
    inputs: list[Any] = body["inputs"]
    other_inputs: list[list[Any]] = [[[place] for place in inputs], [{}], inputs[1:], inputs * 2]
    for others in other_inputs:
        yield {**body, "inputs": others}
