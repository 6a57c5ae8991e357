"""The page as an app: a manifest that a browser accepts, and a page of our own without a network."""

import struct
from pathlib import Path

import pytest
from opine_local.ports import any_free
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support import ROOT
from tests.support.browser.chromium import chromium
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.server import FakeServer
from tests.support.frontend import frontend

ICONS = ROOT / "services/frontend/src/opine_frontend/assets/app_icons"
_WORKER_IS_READY = "return navigator.serviceWorker.ready.then((found) => found.active.state === 'activated')"


def test_a_browser_finds_nothing_wrong_with_the_manifest(driver: Chrome, base_url: str) -> None:
    driver.get(f"{base_url}/brands")
    wait_for(driver, "the worker", lambda: driver.execute_script(_WORKER_IS_READY))
    found = driver.execute_cdp_cmd("Page.getAppManifest", {})
    assert found["url"] == f"{base_url}/manifest.webmanifest"
    assert found["errors"] == []
    assert driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"] == []


@pytest.mark.parametrize("file", sorted(ICONS.glob("*.png")), ids=lambda file: file.name)
def test_an_icon_has_the_size_that_its_name_says(file: Path) -> None:
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    pixels = int(file.stem.rpartition("-")[2])
    assert struct.unpack(">II", content[16:24]) == (pixels, pixels)
    assert len(content) < 20_000


@pytest.mark.parametrize("prefix", ["", "/opine"])
def test_without_a_network_it_says_so_and_shows_what_is_kept(tmp_path: Path, fake: FakeServer, prefix: str) -> None:
    fake.store.reset()
    port, log = any_free(), tmp_path / "frontend.log"
    with chromium(tmp_path / "profile", tmp_path) as driver:
        with frontend(fake.url, port, log, prefix=prefix) as url:
            composer = ComposerPage(driver, f"{url}{prefix}")
            composer.open("lego")
            wait_for(driver, "the worker", lambda: driver.execute_script(_WORKER_IS_READY))
            composer.type("<b>great</b> bricks")
            composer.wait_for_prediction("Good")
        driver.get(f"{url}{prefix}/brands/nike")
        assert driver.title == "Offline · Opine"
        wait_for(driver, "the draft", lambda: "<b>great</b> bricks" in driver.find_element(By.ID, "drafts").text)
        assert "Lego" in driver.find_element(By.ID, "drafts").text
        with frontend(fake.url, port, log, prefix=prefix):
            driver.find_element(By.ID, "again").click()
            wait_for(driver, "the page", lambda: driver.title == "Nike · Opine")
            assert driver.current_url == f"{url}{prefix}/brands/nike"
