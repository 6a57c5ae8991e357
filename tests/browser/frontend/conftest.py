"""One fake API, one frontend and one browser for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opine_local.ports import any_free
from selenium.webdriver import Chrome

from tests.support.browser.checks import console_errors, foreign_requests
from tests.support.browser.chromium import WIDE, chromium, set_color_scheme, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.fake_reviews.server import FakeServer
from tests.support.fake_reviews.store import PASSWORD, TOKEN, Store
from tests.support.frontend import frontend


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeServer]:
    server = FakeServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def base_url(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("frontend") / "frontend.log"
    with frontend(
        fake.url,
        any_free(),
        log,
        admin_password=PASSWORD,
        admin_token=TOKEN,
        secret_key="a key that is only used in these tests",
    ) as url:
        yield url


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def session_driver(tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), downloads) as driver:
        yield driver


@pytest.fixture
def driver(session_driver: Chrome, base_url: str, fake: FakeServer) -> Chrome:
    """The browser with nothing kept, at a desktop's size, and a fake that behaves."""
    fake.start()
    fake.store.reset()
    set_viewport(session_driver, WIDE)
    set_color_scheme(session_driver, "light")
    session_driver.get(f"{base_url}/livez")
    session_driver.delete_all_cookies()
    session_driver.execute_script("localStorage.clear()")
    console_errors(session_driver)
    foreign_requests(session_driver, base_url)
    return session_driver


@pytest.fixture
def store(driver: Chrome, fake: FakeServer) -> Store:  # noqa: ARG001  after the reset
    return fake.store


@pytest.fixture
def composer(driver: Chrome, base_url: str) -> ComposerPage:
    return ComposerPage(driver, base_url)
