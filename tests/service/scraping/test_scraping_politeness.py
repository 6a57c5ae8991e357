import time
from itertools import pairwise
from pathlib import Path

import pytest
from opine_demo_site.answers import Answer
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer
from opine_scraping.fetch_policy import user_agent

from tests.support.scraping.run import Program, pages_asked

COMPANIES = ("--company", "empty-reviews-today.example", "empty-reviews-2019.example")


def test_a_dry_run_says_what_it_would_fetch_and_fetches_robots_only(program: Program, server: DemoServer) -> None:
    ended = program.run("crawl", "--dry-run", *COMPANIES, "disallowed-2019.example", CONTACT="me@example.org")
    assert ended.code == 0
    query = "?languages=all&sort=recency"
    for line in (
        f"as {user_agent('me@example.org')}",
        f"would fetch {server.url}/review/empty-reviews-today.example{query}",
        f"robots.txt forbids {server.url}/review/disallowed-2019.example{query}",
    ):
        assert line in ended.stdout.splitlines()
    assert list(server.site.asked) == ["/robots.txt"]
    assert not list(ended.folder.iterdir())


@pytest.mark.parametrize(("robots", "least_s"), [("", 0.5), ("User-agent: *\nCrawl-delay: 1\n", 1.0)])
def test_requests_keep_their_distance(
    program: Program, server: DemoServer, monkeypatch: pytest.MonkeyPatch, robots: str, least_s: float
) -> None:
    times: list[float] = []
    answer = server.site.answer

    def noted(target: str) -> Answer:
        if target.startswith("/review/"):
            times.append(time.monotonic())
        return Answer(robots) if target == "/robots.txt" else answer(target)

    monkeypatch.setattr(server.site, "answer", noted)
    assert program.run("crawl", *COMPANIES, THROTTLE="true", DELAY_S="0.5").code == 0
    assert len(times) == 4
    # A little less, because the way to the server takes its time as well.
    assert min(after - before for before, after in pairwise(times)) > 0.8 * least_s


def test_robots_txt_that_cannot_be_read_forbids_everything(
    program: Program, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.site, "answer", lambda _target: Answer("", 500))
    ended = program.run("crawl", *COMPANIES)
    assert (ended.code, "robots.txt answers 500" in ended.stderr) == (69, True)


def test_no_file_that_a_run_leaves_names_a_reviewer(program: Program, catalogue: Catalogue, tmp_path: Path) -> None:
    companies = [f"{kind}-{markup}.example" for kind in ("empty-reviews", "no-stars") for markup in ("2019", "today")]
    cache = tmp_path / "cache"
    program.run("crawl", "--company", *companies, "changed-2019.example", "--output", "csv", CACHE_DIR=str(cache))
    names = {
        catalogue.review(catalogue.companies[company], index).reviewer for company in companies for index in range(33)
    }
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} >= {".csv", ".html", ".json", ".sqlite"}
    assert any(file.is_relative_to(cache) for file in files)
    for file in files:
        content = file.read_bytes().decode(errors="replace")
        assert not [name for name in {*names, "Mina Novak"} if name in content], file


def test_a_cached_page_is_not_fetched_again_and_reads_the_same(
    program: Program, server: DemoServer, tmp_path: Path
) -> None:
    cache = str(tmp_path / "cache")
    arguments = ("crawl", *COMPANIES, "--output", "csv", "--path")
    assert program.run(*arguments, str(tmp_path / "first"), CACHE_DIR=cache).code == 0
    server.site.asked.clear()
    assert program.run(*arguments, str(tmp_path / "second"), CACHE_DIR=cache).code == 0
    assert pages_asked(server) == []
    assert (tmp_path / "first/reviews.csv").read_text() == (tmp_path / "second/reviews.csv").read_text()
