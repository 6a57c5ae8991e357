"""The whole of Opine, with the shipped model, and a browser in front of it."""

import signal
import urllib.request
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.support.browser.checks import console_errors, foreign_requests
from tests.support.browser.chromium import WIDE, chromium, set_viewport
from tests.support.local_run import OPINE_LOCAL, LocalRun


@pytest.fixture(scope="session")
def opine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    folder = tmp_path_factory.mktemp("opine")
    running = LocalRun(OPINE_LOCAL, folder / "data", cwd=folder)
    try:
        running.until_ready()
        yield running
        running.stop(signal.SIGINT)
    finally:
        running.close()


@pytest.fixture(scope="session")
def session_driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads")) as driver:
        yield driver


@pytest.fixture
def driver(session_driver: Chrome, opine: LocalRun) -> Chrome:
    set_viewport(session_driver, WIDE)
    with urllib.request.urlopen(f"{opine.url('reviews')}/readyz", timeout=30):  # noqa: S310  our own address
        session_driver.get(f"{opine.url('frontend')}/livez")
    session_driver.delete_all_cookies()
    session_driver.execute_script("localStorage.clear()")
    console_errors(session_driver)
    foreign_requests(session_driver, opine.url("frontend"))
    return session_driver
