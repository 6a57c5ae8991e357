"""The README's table of drills is that of the latest run, and every drill is in it."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT
from tests.support.chart.rendering import CHART
from tests.support.cluster.seen import FILE, make_seen

SEEN: dict[str, Any] = json.loads(FILE.read_text())


def drills_under_load(folder: Path) -> set[str]:
    """The tests in a folder whose failures, losses and doubles are counted."""
    return {
        f"{file.relative_to(ROOT).as_posix()}::{function.name}"
        for file in folder.glob("test_*.py")
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
        and any(argument.arg in {"under_load", "play"} for argument in function.args.args)
    }  # fmt: skip


def test_every_drill_has_a_row() -> None:
    drills = drills_under_load(ROOT / "tests/cluster")
    assert drills
    assert drills == {row["test"].partition("[")[0] for row in SEEN["drills"]}


def test_nothing_was_lost_or_doubled() -> None:
    assert [row["what"] for row in SEEN["drills"] if row["lost"] or row["doubled"]] == []


TOLD = {
    "releases": (
        "a model version as good, in stages of a minute",
        "a model version taken back",
        "memory of a sentiment pod",
        "CPU of the model, a text",
    ),
    "learning": ("corrections learned by a Job, looks every minute",),
}


@pytest.mark.parametrize(("document", "count"), [("releases", 10), ("learning", 2)])
def test_documents_have_the_figures_that_were_seen(document: str, count: int) -> None:
    written = (ROOT / f"docs/{document}.md").read_text()
    numbers = re.findall(r"[\d.]+ (?:s|ms|MiB)\b", " ".join(SEEN["figures"][what] for what in TOLD[document]))
    assert len(numbers) == count
    assert [number for number in numbers if number not in written] == []


def test_the_readme_holds_the_table_and_a_figure_that_drifted_is_found() -> None:
    readme = (CHART / "README.md").read_text()
    assert make_seen(SEEN) in readme
    changed = json.loads(json.dumps(SEEN))
    changed["drills"][0]["requests"] += 1
    assert make_seen(changed) not in readme
