"""What the documents name is there."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
]
DOCUMENTS = [file for file in TRACKED if file.suffix == ".md"]
TARGETS = {
    match[1]
    for line in subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (match := re.match(r"\s+make (\S+)", line))
}


def made_targets(document: str) -> set[str]:
    """Targets of the `make` commands in code."""
    code = re.findall(r"^```.*?^```|`[^`\n]+`", document, re.MULTILINE | re.DOTALL)
    return {target for part in code for target in re.findall(r"\bmake ([a-z0-9]+(?:-[a-z0-9]+)*)", part)}


def broken_links(file: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)#\s]+)", file.read_text())
    return [target for target in targets if ":" not in target and not (file.parent / target).exists()]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    assert broken_links(file) == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_make_targets_exist(file: Path) -> None:
    assert made_targets(file.read_text()) <= TARGETS


def test_the_checks_reject_what_is_wrong(tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("[gone](gone.md) and `make coffee`")
    assert broken_links(document) == ["gone.md"]
    assert made_targets(document.read_text()) == {"coffee"}


def test_the_readme_starts_with_what_a_newcomer_needs() -> None:
    first_screen = (ROOT / "README.md").read_text().split("## ")[0]
    assert "make run" in first_screen
    assert "make test" in first_screen
    assert "docs/review.png" in first_screen
    components = {str(file.parent.relative_to(ROOT)) for file in TRACKED if file.name == "pyproject.toml"} - {
        ".",
        "tests",
    }
    assert components <= set(re.findall(r"\]\(([^)]+)\)", first_screen))


# What each command of the first screen starts, which the tests of that part start as well.
STARTS = {
    "make run": ".venv/bin/python -m opine_local",
    "make test": ".venv-test/bin/pytest",
    "make demo": ".venv/bin/python -m opine_local.demo",
    "make scrape-demo": ".venv/bin/python -m opine_local.scrape_demo",
    "make release-demo": ".venv/bin/python -m opine_local.release_demo",
    "make learn-demo": ".venv-test/bin/python -m opine_local.learn_demo",
}


def test_the_commands_of_the_first_screen_start_what_is_tested() -> None:
    first_screen = (ROOT / "README.md").read_text().split("## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", first_screen, re.DOTALL)
    commands = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    assert [command for command in commands if command.startswith("make")] == list(STARTS)
    # A drill runs them: tests/cluster/test_drill_registry.py.
    assert [command.split()[0] for command in commands if not command.startswith("make")] == ["helm", "helm", "kubectl"]
    for command, program in STARTS.items():
        plan = subprocess.run(
            [*command.split(), "--dry-run", "--no-print-directory"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert plan.splitlines()[-1].startswith(program), command


def test_the_readmes_prerequisites_are_the_charts() -> None:
    def versions(text: str) -> list[str]:
        return [
            re.findall(rf"{name}\D*?(\d+(?:\.\d+)?)", text)[0]
            for name in ("Kubernetes", r"Helm", r"CloudNativePG[^|\n]*?")
        ]

    first_screen = (ROOT / "README.md").read_text().split("## ")[0]
    chart = (ROOT / "charts/opine/README.md").read_text()
    before = chart[chart.index("## Before") :]
    assert versions(first_screen[first_screen.index("**On a cluster**") :]) == versions(before) == ["1.33", "4", "1.30"]


def test_make_says_what_it_can_do() -> None:
    assert {"run", "scrape-demo", "test", "lint", "format", "lock", "train", "evaluate", "picture", "clean"} <= TARGETS
    assert subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.count("\n  make ") == len(TARGETS)


def test_the_shipped_model_is_at_most_8_mb() -> None:
    model = ROOT / "services/sentiment/model"
    assert sum(file.stat().st_size for file in model.iterdir()) <= 8_000_000


def test_the_readme_names_the_shipped_models_figures() -> None:
    metrics = json.loads((ROOT / "services/sentiment/model/model.json").read_text())["metrics"]
    validation, baseline = metrics["validation"]["all"], metrics["word_tfidf"]
    figures = f"three-class macro-F1 on {validation['rows']:,} validation rows"
    (row,) = [line for line in (ROOT / "README.md").read_text().splitlines() if figures in line]
    assert f"| {validation['macro_f1']:.3f}, {baseline['macro_f1']:.3f} |" in row
