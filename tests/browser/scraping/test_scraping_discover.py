"""The real Selenium and the real Chromium on the demo site."""

import csv
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from opine_demo_site.answers import Answer
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer
from opine_scraping.fetch_policy import user_agent

from tests.support.programs import environment_of

# Both listings, two pages, and lists of 2019 that scripts fill late or never.
ONLY = ("Food & Drink", "Slow Lists", "Never Filled")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(Catalogue(companies_per_sub_category=4, misbehaving=True)) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@dataclass(frozen=True)
class Found:
    code: int
    report: dict[str, Any]
    companies: list[dict[str, str]]


def start(server: DemoServer, folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[bytes]":
    variables = {
        "SITE_URL": server.url,
        "STATE_DIR": str(folder),
        "THROTTLE": "false",
        "BROWSER_SANDBOX": "false",
        "FILL_TIMEOUT_S": "6",
        "WAIT_S": "0.1",
        "CONTACT": "me@example.org",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "opine_scraping", "discover", *arguments],
        env=environment_of("OPINE_SCRAPING_", variables | settings) | {"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
    )


def ended(code: int, folder: Path) -> Found:
    newest = max(folder.glob("discover/reports/*.json"), key=lambda file: file.stat().st_mtime_ns)
    with (folder / "output/companies.csv").open(newline="") as handle:
        return Found(code, json.loads(newest.read_text()), list(csv.DictReader(handle)))


def discover(server: DemoServer, folder: Path, *arguments: str, **settings: str) -> Found:
    with start(server, folder, *arguments, **settings) as process:
        return ended(process.wait(timeout=110), folder)


def made(catalogue: Catalogue, *names: str) -> list[tuple[str, str, str]]:
    return sorted(
        (company.category, company.sub_category, company.domain)
        for company in catalogue.companies.values()
        if {company.category, company.sub_category} & set(names)
    )


def found(companies: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return sorted((row["category"], row["sub_category"], row["company_url"].split("/review/")[1]) for row in companies)


@pytest.mark.parametrize("markup", ["2019", "today"])
def test_all_companies_of_all_pages_are_found(
    server: DemoServer, tmp_path: Path, markup: Literal["2019", "today"]
) -> None:
    catalogue = server.site.catalogue = Catalogue(companies_per_sub_category=4, misbehaving=True, markup=markup)
    run = discover(server, tmp_path, "--only", *ONLY, MAX_PAGE_ERROR_SHARE="0.2")
    # The list that no script fills is an error and no empty sub-category.
    assert (run.code, run.report["rejected"]) == (0, {"not_filled": 1})
    assert run.report["errors"][0]["url"].split("?")[0] == f"{server.url}/categories/never_filled"
    assert Path(run.report["errors"][0]["saved_copy"]).exists()
    assert found(run.companies) == made(catalogue, "Food & Drink", "Slow Lists")
    assert not [path for path in server.site.asked if path.startswith("/review/")]


def test_a_run_that_completed_begins_again_and_finds_nothing_new(server: DemoServer, tmp_path: Path) -> None:
    first = discover(server, tmp_path, "--only", "Bakery")
    again = discover(server, tmp_path, "--only", "Bakery")
    assert (first.report["new_items"], again.report["new_items"], again.report["duplicates"]) == (4, 0, 4)
    assert again.companies == first.companies


BLOCKS = {
    "forbidden": (Answer("<h1>no</h1>", 403), 1),
    "too_many_requests": (Answer("busy", 429, headers={"Retry-After": "0"}), 3),
    "challenge": (Answer('<div id="challenge-form">Just a moment</div>'), 1),
}


@pytest.mark.parametrize("reason", BLOCKS)
def test_a_block_ends_the_run(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    answer, requests = BLOCKS[reason]
    ordinary = server.site.answer
    asked: list[str] = []

    def blocking(target: str) -> Answer:
        if target.startswith("/categories/"):
            asked.append(target)
            return answer
        return ordinary(target)

    monkeypatch.setattr(server.site, "answer", blocking)
    run = discover(server, tmp_path, WAITS="2")
    assert (run.code, run.report["outcome"], run.report["rejected"]) == (64, "blocked", {reason: 1})
    assert len(asked) == requests


def test_robots_txt_is_obeyed_and_the_browser_says_who_it_is(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = server.site.answer
    rules = Answer("User-agent: *\nDisallow: /categories/bakery\n")
    monkeypatch.setattr(server.site, "answer", lambda target: rules if target == "/robots.txt" else ordinary(target))
    run = discover(server, tmp_path, "--only", "Bakery", "Coffee Roaster")
    assert (run.code, run.report["rejected"]) == (0, {"robots": 1})
    assert found(run.companies) == made(server.site.catalogue, "Coffee Roaster")
    assert not [path for path in server.site.asked if path.startswith("/categories/bakery")]
    assert server.agents == {user_agent("me@example.org")}


HOSTILE = """
<script>
fetch("/forbidden/data"); fetch("ELSEWHERE/data")
navigator.sendBeacon("ELSEWHERE/beacon", "x"); new Image().src = "/forbidden/x.png"
window.open("ELSEWHERE/window"); alert("stay")
const link = Object.assign(document.createElement("a"), {href: "ELSEWHERE/link", target: "_blank"})
link.click()
const socket = ["new", "WebSocket('SOCKET/socket')"].join(" ")
try { eval(socket) } catch {}
try { new Worker(URL.createObjectURL(new Blob([socket]))) } catch {}
</script>
<script src="ELSEWHERE/script.js"></script>
<iframe src="ELSEWHERE/frame"></iframe><iframe src="/forbidden/frame"></iframe>
<iframe srcdoc="<script>new WebSocket('SOCKET/frame')</script>"></iframe>
<link rel="preconnect" href="ELSEWHERE"><link rel="stylesheet" href="ELSEWHERE/style.css">
"""


@pytest.fixture
def elsewhere() -> Iterator[DemoServer]:
    """Another server on this machine, which nobody allowed to be asked."""
    with DemoServer(Catalogue(companies_per_sub_category=1)) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_a_page_asks_for_nothing_that_the_spider_may_not(
    server: DemoServer, elsewhere: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = server.site.answer
    hostile = HOSTILE.replace("ELSEWHERE", elsewhere.url).replace("SOCKET", elsewhere.url.replace("http", "ws"))

    def answer(target: str) -> Answer:
        found = ordinary(target)
        if target == "/robots.txt":
            return Answer("User-agent: *\nDisallow: /forbidden\n")
        return Answer(f"{found.body}{hostile}") if target.startswith("/categories/") else found

    monkeypatch.setattr(server.site, "answer", answer)
    run = discover(server, tmp_path, "--only", "Bakery")
    assert (run.code, len(run.companies)) == (0, 4)
    assert [path for path in server.site.asked if path.startswith("/forbidden")] == []
    assert elsewhere.site.asked.total() == 0


def test_a_page_that_holds_the_browser_for_ever_stops_nothing(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = server.site.answer
    endless = Answer("<p>wait<script>while (true) {}</script>")
    monkeypatch.setattr(
        server.site, "answer", lambda target: endless if target.startswith("/categories/bakery") else ordinary(target)
    )
    run = discover(server, tmp_path, "--only", "Bakery", "Coffee Roaster", TIMEOUT_S="5", RETRIES="0")
    assert run.report["rejected"] == {"network": 1}
    assert found(run.companies) == made(server.site.catalogue, "Coffee Roaster")


MOVED = {"robots": "/forbidden/list", "foreign_link": "ELSEWHERE/list"}


@pytest.mark.parametrize("reason", MOVED)
def test_a_redirect_of_the_browser_goes_only_where_the_spider_may(
    server: DemoServer, elsewhere: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    ordinary = server.site.answer
    answers = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /forbidden\n"),
        "/categories/bakery": Answer("", 302, headers={"Location": MOVED[reason].replace("ELSEWHERE", elsewhere.url)}),
    }
    monkeypatch.setattr(server.site, "answer", lambda target: answers.get(target.split("?")[0]) or ordinary(target))
    run = discover(server, tmp_path, "--only", "Bakery", "Coffee Roaster")
    assert run.report["rejected"] == {reason: 1}
    assert found(run.companies) == made(server.site.catalogue, "Coffee Roaster")
    assert [path for path in server.site.asked if path.startswith("/forbidden")] == []
    assert elsewhere.site.asked.total() == 0


def test_a_polite_kill_ends_the_run_with_a_report_and_it_goes_on(server: DemoServer, tmp_path: Path) -> None:
    with start(server, tmp_path, "--only", "Food & Drink") as process:
        while not any("page=2" in path for path in server.site.asked):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        run = ended(process.wait(timeout=60), tmp_path)
    assert (run.code, run.report["outcome"]) == (75, "interrupted")
    known = len(run.companies)
    assert known
    server.site.asked.clear()
    run = discover(server, tmp_path, "--only", "Food & Drink")
    assert (run.code, len(run.companies)) == (0, 12)
    # The first list was read on, not again.
    assert run.report["new_items"] == 12 - known
    assert run.report["duplicates"] <= 3


def test_a_browser_that_is_not_there_is_said_so(server: DemoServer, tmp_path: Path) -> None:
    run = discover(server, tmp_path, CHROMIUM="/nonexistent/chromium")
    assert (run.code, run.report["exit_code"]) == (69, 69)
    assert server.site.asked.total() == 1
