"""The app below a path of a real nginx, whether nginx removes the path or not."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from opine_local.ports import any_free
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.brand_pages import BrandPage, BrandsPage
from tests.support.browser.checks import console_errors, foreign_requests
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.nginx import running_nginx
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.server import FakeServer
from tests.support.fake_reviews.store import PASSWORD, TOKEN
from tests.support.frontend import frontend

PATH = "/opine"


@pytest.fixture(scope="module", params=[False, True], ids=["path kept", "path removed"])
def served(request: pytest.FixtureRequest, fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app below nginx, as a browser has it."""
    folder = tmp_path_factory.mktemp("behind-nginx")
    settings = {
        "prefix": PATH,
        "trusted_proxies": "1",
        "admin_password": PASSWORD,
        "admin_token": TOKEN,
        "secret_key": "a key that is only used in these tests",
    }
    with (
        frontend(fake.url, any_free(), folder / "frontend.log", **settings) as url,
        running_nginx(folder / "nginx", url, PATH, any_free(), removes_path=request.param) as outside,
    ):
        yield outside + PATH


@pytest.fixture
def behind_nginx(served: str, driver: Chrome) -> str:
    """The same, with nothing kept there."""
    origin = served.removesuffix(PATH)
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    return served


def _loaded_elsewhere(driver: Chrome, base_url: str) -> list[str]:
    """What the page loaded from beside its path."""
    names = driver.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    return [name for name in names if not name.startswith((f"{base_url}/", "data:"))]


def test_a_review_is_written_and_read_there(driver: Chrome, fake: FakeServer, behind_nginx: str) -> None:
    composer = ComposerPage(driver, behind_nginx)
    composer.open()
    wait_for(driver, "the reviews", lambda: driver.find_elements(By.CSS_SELECTOR, ".activity .review-card"))
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_thanks()
    assert fake.store.reviews[-1]["text"] == "great"
    driver.find_element(By.ID, "thanks-link").click()
    page = BrandPage(driver, behind_nginx)
    page.wait_until_ready()
    assert driver.current_url == f"{behind_nginx}/brands/nike"
    assert page.texts[0] == "great"
    brands = BrandsPage(driver, behind_nginx)
    brands.open()
    assert len(brands.names) == 24
    assert _loaded_elsewhere(driver, behind_nginx) == []
    assert console_errors(driver) == []
    assert foreign_requests(driver, behind_nginx.removesuffix(PATH)) == []
    # Where nothing of the app is, nothing is found.
    beside = f"{behind_nginx.removesuffix(PATH)}/brands"
    driver.execute_script("fetch(arguments[0])", beside)
    wait_for(driver, "what is beside it", lambda: _loaded_elsewhere(driver, behind_nginx) == [beside])


def test_a_draft_is_found_again_at_the_address_without_a_brand(driver: Chrome, behind_nginx: str) -> None:
    composer = ComposerPage(driver, behind_nginx)
    composer.open("lego")
    composer.type("half a ")
    composer.open()
    assert driver.current_url == f"{behind_nginx}/?brand=lego"
    assert driver.find_element(By.ID, "review").get_attribute("value") == "half a "


def test_an_admin_logs_in_there(driver: Chrome, behind_nginx: str) -> None:
    driver.get(f"{behind_nginx}/admin")
    # Cookies know no ports: the session of another run of this test would be taken for ours.
    driver.delete_all_cookies()
    driver.refresh()
    admin = AdminPage(driver, behind_nginx)
    admin.log_in(PASSWORD)
    admin.wait_for_rows(20)
    assert driver.current_url.startswith(f"{behind_nginx}/admin")


def test_statuses_and_feeds_are_there(served: str) -> None:
    with urllib.request.urlopen(f"{served}/feed.json") as feed:  # noqa: S310  our own address
        text = feed.read().decode()
    assert f'"home_page_url": "{served}/"' in text
    assert f'"url": "{served}/brands/nike#review-' in text
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{served}/nowhere")  # noqa: S310
