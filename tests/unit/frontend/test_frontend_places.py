"""Where the app is served: the hosts that it answers for, and the path below which it is."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from opine_frontend.app import create_app
from opine_frontend.settings import Settings
from pydantic import HttpUrl

Made = Callable[..., FlaskClient]


@pytest.fixture
def made() -> Made:
    def make(**changed: str) -> FlaskClient:
        return create_app(Settings(reviews_url=HttpUrl("http://127.0.0.1:9"), **changed)).server.test_client()  # type: ignore[arg-type, no-any-return]

    return make


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8050", 200),
        ("localhost:8050", 200),
        ("a.example.org", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example:8050", 400),
    ],
)
def test_other_hosts_are_refused(made: Made, host: str, status: int) -> None:
    client = made(allowed_hosts="127.0.0.1,localhost,.example.org")
    for path in ("/", "/assets/favicon.svg", "/_dash-layout"):
        assert client.get(path, headers={"Host": host}, buffered=True).status_code == status
    assert client.get("/livez", headers={"Host": host}).status_code == 200


def test_the_refusal_names_the_setting(made: Made) -> None:
    answer = made(allowed_hosts="localhost").get("/", headers={"Host": "evil.example"})
    assert "OPINE_FRONTEND_ALLOWED_HOSTS" in answer.text


def test_any_host_is_answered_for_unless_some_are_named(made: Made) -> None:
    assert made().get("/", headers={"Host": "anything.example"}).status_code == 200


@pytest.mark.parametrize("passed", ["/opine", ""])
def test_below_a_prefix_all_addresses_have_it_whether_the_proxy_removes_it_or_not(made: Made, passed: str) -> None:
    client = made(prefix="/opine")
    page = client.get(f"{passed}/brands")
    assert page.status_code == 200
    assert 'data-prefix="/opine"' in page.text
    addresses = [part.split('"')[0] for part in page.text.split('src="')[1:]]
    assert addresses
    assert all(address.startswith("/opine/") for address in addresses)
    for address in addresses:
        assert client.get(passed + address.removeprefix("/opine"), buffered=True).status_code == 200
    layout = client.get(f"{passed}/_dash-layout").text.replace(r"\u002f", "/")
    hrefs = [part.split('"')[0] for part in layout.split('"href":"')[1:]]
    assert {href for href in hrefs if not href.startswith(("/opine/", "#"))} == set()
    assert "/opine/brands" in hrefs
    assert client.get(f"{passed}/opinebrands").status_code == 404
    assert client.post(f"{passed}/predict", json={"text": "x"}).status_code == 503
    assert client.get(f"{passed}/favicon.ico").headers["Location"] == "/opine/assets/favicon.svg"
    assert client.get("/livez").status_code == 200


def test_without_a_prefix_addresses_have_none(made: Made) -> None:
    page = made().get("/brands").text
    assert 'data-prefix=""' in page
    assert "OPINE_FRONTEND_PREFIX" in page


def test_dash_offers_no_callbacks_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    app = create_app(Settings(reviews_url=HttpUrl("http://127.0.0.1:9")))
    assert not [rule.rule for rule in app.server.url_map.iter_rules() if "mcp" in rule.rule]
