"""The scrapers as a Scrapy project: Scrapy's own command line and shell, in the folder of scrapy.cfg."""

import subprocess
import sys

from opine_demo_site.server import DemoServer

from tests.support import ROOT
from tests.support.programs import environment_of
from tests.support.scraping.run import Program, parquet_rows

PROJECT = ROOT / "scraping"


def scrapy(program: Program, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=PROJECT,
        env=environment_of("OPINE_SCRAPING_", program.settings) | {"HOME": str(program.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_spiders_are_listed(program: Program) -> None:
    assert scrapy(program, "list").stdout.splitlines() == ["companies", "reviews"]


def test_a_spider_takes_arguments_and_leaves_what_the_command_leaves(program: Program, server: DemoServer) -> None:
    companies = "company=empty-reviews-today.example,empty-reviews-2019.example"
    done = scrapy(program, "crawl", "reviews", "-a", f"site={server.url}", "-a", companies, "-a", "max_pages=1")
    assert done.returncode == 0, done.stderr
    assert len(parquet_rows(program.folder / "output")) == 40
    again = program.run("crawl", "--company", "empty-reviews-today.example", "empty-reviews-2019.example")
    assert [report.new_items for report in again.reports()] == [42, 26]


def test_the_shell_fetches_a_page(program: Program, server: DemoServer) -> None:
    code = "response.css('title::text').get()"
    done = scrapy(program, "shell", f"{server.url}/review/empty-reviews-today.example", "-c", code)
    assert done.stdout.strip() == "Empty reviews reviews", done.stderr


def test_the_shell_obeys_robots_txt(program: Program, server: DemoServer) -> None:
    done = scrapy(program, "shell", f"{server.url}/review/disallowed-2019.example", "-c", "print(response)")
    assert "200" not in done.stdout
    assert list(server.site.asked) == ["/robots.txt"]
