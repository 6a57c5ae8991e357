"""What a page weighs on its way: ours, beside the framework's."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser.waiting import wait_for

# As sent, compressed, without headers; what came of the cache counts too.
_SENT = """
const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
const sizes = { ours: 0, framework: 0 };
for (const { name, encodedBodySize } of entries) {
  sizes[name.includes("/_dash-component-suites/") ? "framework" : "ours"] += encodedBodySize;
}
return sizes;
"""
MOST_BYTES = 100_000


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", ".activity .review-card"),
        ("/?brand=nike", "#review"),
        ("/brands/nike", ".review-card"),
        ("/brands", ".brand-card"),
    ],
)
def test_what_is_ours_weighs_less_than_100_kb(driver: Chrome, base_url: str, path: str, shown: str) -> None:
    driver.get(f"{base_url}{path}")
    wait_for(driver, shown, lambda: driver.find_elements(By.CSS_SELECTOR, shown))
    sizes = driver.execute_script(_SENT)
    assert 20_000 < sizes["ours"] < MOST_BYTES
    # Were a framework's file counted as ours, the limit would be broken.
    assert sizes["framework"] > 3 * MOST_BYTES
