"""The READMEs' figures are those of the benchmark's latest full run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sentiment_bench.report import figures_of_readme, render

from tests.support import ROOT

BENCH = ROOT / "services/sentiment/bench"

RESULTS: dict[str, Any] = json.loads((BENCH / "results.json").read_text())
README, PAGE = (ROOT / "README.md").read_text(), (ROOT / "docs/benchmarks.md").read_text()


def test_the_run_was_whole() -> None:
    assert set(RESULTS["parts"]) == {"start", "engine", "http", "burst", "bulk", "shadow"}
    assert RESULTS["rounds"] >= 5


def test_the_page_holds_the_table() -> None:
    assert PAGE.endswith(f"<!-- bench -->\n{render(RESULTS)}")


@pytest.mark.parametrize("row", figures_of_readme(RESULTS))
def test_the_readme_holds_the_figures(row: str) -> None:
    assert row in README.splitlines()


def test_a_figure_that_drifted_is_found() -> None:
    changed = json.loads(json.dumps(RESULTS))
    changed["parts"]["http"]["servers"]["opine"]["16"]["requests_a_second"]["median"] *= 2
    assert render(changed).strip() not in PAGE
    assert not set(figures_of_readme(changed)) <= set(README.splitlines())
