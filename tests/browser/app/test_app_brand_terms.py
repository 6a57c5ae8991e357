"""From reviews that people submit to what a brand is praised for and complained of, by the shipped model."""

import json
import time
import urllib.request
from typing import Any

from selenium.webdriver import Chrome

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.waiting import wait_for
from tests.support.local_run import LocalRun

TEXTS = [
    "Friendly staff and a great selection.",
    "The friendly staff found it at once. Great!",
    "Slow delivery, and the box was broken.",
    "Slow delivery again. Never again.",
    "It is a shop.",
]
# The reader looks every five seconds.
PATIENCE_S = 60.0


def submit(opine: LocalRun, text: str, address: str) -> None:
    body = json.dumps({"brand": "bosch", "text": text, "stars": 3}).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    request = urllib.request.Request(f"{opine.url('reviews')}/api/v1/reviews", body, headers)  # noqa: S310  our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 201


def terms(opine: LocalRun) -> Any:  # noqa: ANN401  JSON
    with urllib.request.urlopen(f"{opine.url('reviews')}/api/v1/brands/bosch/terms", timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def test_what_people_say_stands_on_the_brands_page(driver: Chrome, opine: LocalRun) -> None:
    for number, text in enumerate(TEXTS):
        submit(opine, text, f"192.0.2.{number}")
    # One client's opinion, however often, is no theme.
    for _ in range(3):
        submit(opine, "Horrible packaging!", "198.51.100.1")
    end = time.monotonic() + PATIENCE_S
    while terms(opine)["read_count"] < len(TEXTS) + 3:
        assert time.monotonic() < end, opine.output
        time.sleep(0.2)
    page = BrandPage(driver, opine.url("frontend"))
    page.open("bosch")
    praise, complaints = (driver.find_element("css selector", f".terms-{side}").text for side in ("for", "against"))
    assert "friendly staff" in praise
    assert "slow delivery" in complaints
    assert "packaging" not in praise + complaints
    page.choose_term("slow delivery")
    wait_for(driver, "those that say it", lambda: len(page.texts) == 2)
    assert all(text.startswith("Slow delivery") for text in page.texts)
