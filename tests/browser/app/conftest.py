"""The whole of Opine, with the shipped model, and a browser in front of it."""

import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "frontend"))
sys.path.insert(0, str(Path(__file__).parents[2] / "service/local/packages"))

from driving.browser import WIDE, chromium, set_viewport
from driving.checks import console_errors, foreign_requests
from local_run import OPINE_LOCAL, LocalRun
from selenium.webdriver import Chrome


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
    session_driver.execute_script("localStorage.clear()")
    console_errors(session_driver)
    foreign_requests(session_driver, opine.url("frontend"))
    return session_driver
