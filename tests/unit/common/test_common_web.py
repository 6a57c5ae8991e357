from collections.abc import Iterator

import pytest
from dash import Dash, Input, Output, dcc, html
from flask import Flask, abort
from flask.testing import FlaskClient
from opine_common.request_ids import get_request_id, get_trace_id
from opine_common.web import instrument
from prometheus_client import REGISTRY


def sample(service: str, route: str, method: str, status: str) -> float | None:
    labels = {"service": service, "route": route, "method": method, "status": status}
    return REGISTRY.get_sample_value("opine_http_requests_total", labels)


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("probe")

    @app.get("/things/<int:number>")
    def thing(number: int) -> str:
        return f"{number} {get_request_id()}"

    @app.get("/stream")
    def stream() -> Iterator[str]:
        yield f"{get_request_id()}"

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError

    instrument(app, "probe")
    return app.test_client()


def test_the_callers_id_is_used_and_answered(client: FlaskClient) -> None:
    answer = client.get("/things/5", headers={"X-Request-ID": "abc-1"}, buffered=True)
    assert answer.headers.getlist("X-Request-ID") == ["abc-1"]
    assert answer.text == "5 abc-1"
    assert get_request_id() is None


def test_the_callers_trace_is_known_until_the_answers_end(client: FlaskClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with client.get("/stream", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}) as answer:
        assert get_trace_id() == trace
        answer.get_data()
    assert get_trace_id() is None


def test_a_service_is_ready_unless_it_says_otherwise() -> None:
    def refuse() -> None:
        abort(503)

    for require_ready, status in ((lambda: None, 200), (refuse, 503)):
        app = Flask("probe")
        instrument(app, "probe", require_ready)
        assert app.test_client().get("/readyz", buffered=True).status_code == status


def test_a_hostile_id_is_replaced(client: FlaskClient) -> None:
    answer = client.get("/things/5", headers={"X-Request-ID": 'x" }'}, buffered=True)
    assert len(answer.headers["X-Request-ID"]) == 32


def test_a_streamed_body_still_knows_its_request(client: FlaskClient) -> None:
    assert client.get("/stream", headers={"X-Request-ID": "s-1"}, buffered=True).text == "s-1"


def test_routes_are_counted_by_template(client: FlaskClient) -> None:
    before = sample("probe", "/things/<int:number>", "GET", "200") or 0
    for number in range(3):
        client.get(f"/things/{number}", buffered=True)
    assert sample("probe", "/things/<int:number>", "GET", "200") == before + 3
    assert sample("probe", "/things/1", "GET", "200") is None


def test_unknown_paths_methods_and_errors_are_bounded(client: FlaskClient) -> None:
    client.get("/no/such", buffered=True)
    client.open("/no/such", method="BREW", buffered=True)
    client.get("/broken", buffered=True)
    assert sample("probe", "unmatched", "GET", "404") == 1
    assert sample("probe", "unmatched", "OTHER", "404") == 1
    assert sample("probe", "unmatched", "BREW", "404") is None
    assert sample("probe", "/broken", "GET", "500") == 1


def test_each_request_is_one_line_and_a_good_probe_none(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "opine.access"):
        client.get("/things/5?secret=1", buffered=True)
        client.get("/livez", buffered=True)
    (request,) = (vars(record) for record in caplog.records if record.name == "opine.access")
    assert (request["route"], request["status"]) == ("/things/<int:number>", 200)
    assert "secret" not in str(request)


def test_probes_and_metrics_are_answered(client: FlaskClient) -> None:
    assert client.get("/livez", buffered=True).text == "alive\n"
    answer = client.get("/metrics", buffered=True)
    assert answer.content_type.startswith("text/plain; version=")
    assert "opine_http_request_duration_seconds_bucket" in answer.text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dash_server_is_counted_by_dashs_own_routes() -> None:
    app = Dash("page")
    app.layout = html.Div([dcc.Input(id="a"), html.P(id="b")])

    @app.callback(Output("b", "children"), Input("a", "value"))
    def echo(value: str) -> str:
        return value

    instrument(app.server, "page")
    client = app.server.test_client()
    call = {
        "output": "b.children",
        "outputs": {"id": "b", "property": "children"},
        "inputs": [{"id": "a", "property": "value", "value": "hello"}],
        "changedPropIds": ["a.value"],
    }
    assert client.post("/_dash-update-component", json=call, buffered=True).status_code == 200
    client.get("/some/page", buffered=True)
    assert client.get("/livez", buffered=True).text == "alive\n"
    assert sample("page", "/_dash-update-component", "POST", "200") == 1
    assert sample("page", "/<path:path>", "GET", "200") == 1
