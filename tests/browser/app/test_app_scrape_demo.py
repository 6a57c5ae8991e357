"""`make scrape-demo` into an Opine that runs already: from a site to the pages."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from selenium.webdriver import Chrome

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import accessibility_violations, console_errors, foreign_requests, overflow_px
from tests.support.browser.chromium import NARROW, set_viewport
from tests.support.browser.waiting import wait_for
from tests.support.local_run import LocalRun

# Only ends a test that hangs.
DEMO_TIMEOUT_S = 240.0
LAST_LINE = "Ctrl-C ends the demo site"


@contextmanager
def demo(opine: LocalRun) -> Iterator[list[str]]:
    """The demonstration, once it has said everything; what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "opine_local.scrape_demo"],
        env=os.environ | {"OPINE_LOCAL_DATA_DIR": str(opine.data_dir)},  # noqa: TID251  its base
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        late = threading.Timer(DEMO_TIMEOUT_S, process.kill)
        late.start()
        lines: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip())
                if line.startswith(LAST_LINE):
                    break
            assert lines[-1].startswith(LAST_LINE), "\n".join(lines)
            yield lines
        finally:
            late.cancel()
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.send_signal(signal.SIGINT)
            process.wait(30)
            assert psutil.wait_procs(children, timeout=10)[1] == []
    assert process.returncode == 0


@pytest.fixture(scope="module")
def said(opine: LocalRun) -> Iterator[list[str]]:
    with demo(opine) as lines:
        yield lines


@pytest.fixture(scope="module")
def brand(said: list[str]) -> str:
    """The slug of the brand that the demonstration names."""
    found = re.search(r"one of them: http://127\.0\.0\.1:\d+/brands/(\S+)", "\n".join(said))
    assert found is not None
    return found[1]


def fetch(opine: LocalRun, path: str) -> Any:  # noqa: ANN401  JSON
    with urllib.request.urlopen(f"{opine.url('reviews')}{path}", timeout=10) as answer:  # noqa: S310  our own address
        return json.loads(answer.read())


def test_a_new_brand_shows_what_was_read_with_a_way_to_it(
    driver: Chrome, opine: LocalRun, said: list[str], brand: str
) -> None:
    site = next(line for line in said if line.startswith("The demo site: ")).removeprefix("The demo site: ")
    known = fetch(opine, f"/api/v1/brands/{brand}")
    assert (known["origin"], known["review_count"]) == ("scraped", 0)
    assert known["scraped"][0]["review_count"] > 8
    page = BrandPage(driver, opine.url("frontend"))
    page.open(brand)
    assert "No reviews yet" in page.words
    newest = page.scraped_texts
    assert newest
    page.older("elsewhere")
    page.newer("elsewhere")
    assert page.scraped_texts == newest
    host = urlsplit(site).netloc
    assert f"Read on {host}" in page.scraped_words
    link = driver.find_element("css selector", ".review-source a")
    address = str(link.get_attribute("href"))
    assert address.startswith(f"{site}/review/")
    with urllib.request.urlopen(address, timeout=10) as there:  # noqa: S310  the demo site's
        assert there.status == 200
    set_viewport(driver, NARROW)
    assert overflow_px(driver) == 0
    assert accessibility_violations(driver) == []
    assert console_errors(driver) == []
    assert foreign_requests(driver, opine.url("frontend")) == []


def test_the_admin_sees_the_runs(driver: Chrome, opine: LocalRun, said: list[str]) -> None:
    assert any(line.startswith("discover: completed") for line in said)
    assert any(line.startswith("crawl: completed") for line in said)
    password = opine.until_ready()[2]
    page = AdminPage(driver, opine.url("frontend"))
    page.open()
    page.log_in(password)
    wait_for(driver, "the runs", lambda: len(page.runs) == 2)
    assert [run.split()[5:7] for run in page.runs] == [["crawl", "completed"], ["discover", "completed"]]
    page.log_out()


def test_metrics_show_the_runs(opine: LocalRun, said: list[str]) -> None:  # noqa: ARG001  after it
    with urllib.request.urlopen(f"{opine.url('reviews')}/metrics", timeout=10) as answer:  # noqa: S310  our own address
        text = answer.read().decode()
    for kind in ("crawl", "discover"):
        assert f'opine_scrape_runs{{kind="{kind}",outcome="completed"}} 1.0' in text
        assert re.search(rf'opine_scrape_last_run_pages{{kind="{kind}"}} [1-9]', text)
        assert f'opine_scrape_last_success_timestamp_seconds{{kind="{kind}"}}' in text


def test_the_same_again_is_nothing_new(opine: LocalRun, brand: str) -> None:
    before = fetch(opine, f"/api/v1/brands/{brand}")["scraped"][0]["review_count"]
    with demo(opine) as lines:
        crawl = next(line for line in lines if line.startswith("crawl: "))
    assert ", 0 new, " in crawl
    assert fetch(opine, f"/api/v1/brands/{brand}")["scraped"][0]["review_count"] == before
