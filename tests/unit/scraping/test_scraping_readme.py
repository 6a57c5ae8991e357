"""What the README says of settings, exit codes, reasons, commands and the demo site."""

import re
import subprocess
import sys

import pytest
from opine_demo_site.catalogue import Misbehaviour
from opine_scraping.arguments import CrawlArguments, DiscoverArguments
from opine_scraping.exports.csv_output import COMPANY_COLUMNS, REVIEW_COLUMNS
from opine_scraping.exports.parquet_output import ROWS_PER_PART
from opine_scraping.issues import ExitCode, Reason
from opine_scraping.settings import Settings

from tests.support import ROOT

README = (ROOT / "scraping/README.md").read_text()
FLAGS = {
    "discover": {"--help", "--site", "--only", "--output", "--path", "--max-pages", "--start-over", "--dry-run"},
    "crawl": {
        "--help", "--site", "--company", "--companies", "--output", "--path", "--languages", "--until-known",
        "--max-pages", "--max-companies", "--shard", "--start-over", "--dry-run",
    },
}  # fmt: skip
DEMO_SITE_FLAGS = {
    "--help", "--host", "--port", "--seed", "--companies", "--reviews", "--huge", "--markup", "--misbehaving",
}  # fmt: skip


def table(heading: str) -> list[tuple[str, ...]]:
    """Rows below a heading, without header and rule."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in rows]


def test_every_setting_is_listed_with_its_default() -> None:
    assert [(name.strip("`"), default.strip("`"), meaning) for name, default, meaning in table("Settings")] == [
        (
            str(field.validation_alias or f"OPINE_SCRAPING_{name.upper()}"),
            "" if field.default in {None, ""} else str(field.default),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    ]


def test_every_exit_code_is_listed() -> None:
    assert table("Exit codes") == [(str(code.value), code.meaning) for code in ExitCode]


def test_every_reason_is_listed() -> None:
    documented = {name for names, _ in table("What a run reports") for name in re.findall(r"`(\w+)`", names)}
    assert documented == set(Reason)


def test_every_misbehaviour_is_listed() -> None:
    assert [name.strip("`") for name, _ in table("The demo site")] == list(Misbehaviour)


def test_columns_and_rows_of_the_files_are_named() -> None:
    for columns in (COMPANY_COLUMNS, REVIEW_COLUMNS):
        assert ", ".join(columns) in README
    assert f"{ROWS_PER_PART:,} rows" in README


def test_what_the_terms_allow_stands_first() -> None:
    assert README.split("\n\n")[1].startswith("**Before anything else: whether a site may be read is for you to decide")


def shown_flags(*command: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-m", *command, "--help"], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"^\S? ? ?(?:-h, )?(--[a-z-]+)", shown, re.MULTILINE)
    return {flag for flag in found if not flag.startswith("--no-")}


@pytest.mark.parametrize("command", FLAGS)
def test_flags_are_frozen(command: str) -> None:
    assert f"`{command}`" in README
    assert shown_flags("opine_scraping", command) == FLAGS[command]


def test_flags_of_the_demo_site_are_frozen() -> None:
    assert shown_flags("opine_demo_site") == DEMO_SITE_FLAGS


def test_a_spider_takes_the_options_of_its_command() -> None:
    for command, names in {"discover": DiscoverArguments.model_fields, "crawl": CrawlArguments.model_fields}.items():
        options = {f"--{name.replace('_', '-')}" for name in names}
        assert options == FLAGS[command] - {"--help", "--dry-run"}
