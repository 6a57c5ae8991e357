"""GitHub's workflows run make's targets and nothing else, and what they take from others is pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support import ROOT
from tests.unit.repository.test_repository_documents import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+")
NODES = [line.split() for line in (ROOT / "k8s/kind/nodes.txt").read_text().splitlines()]


def steps(workflow: Any) -> list[dict[str, Any]]:  # noqa: ANN401  YAML
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def loose_actions(text: str) -> list[str]:
    """What is taken by a name that may mean something else tomorrow; a commit says which version it is."""
    return [used for used in re.findall(r"uses: (.*)", text) if not PINNED.fullmatch(used)]


def other_commands(workflow: Any) -> list[str]:  # noqa: ANN401  YAML
    """What a step runs that is not one target of make."""
    commands = [step["run"].strip() for step in steps(workflow) if "run" in step]
    return [command for command in commands if not is_target(command)]


def is_target(command: str) -> bool:
    found = re.fullmatch(r"make ([a-z0-9-]+)(?: [A-Z]+=(?:\"[^\"\n;|&]*\"|[^\s;|&]+))*", command)
    return found is not None and found[1] in TARGETS


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_it_takes_no_more_than_it_says(file: Path) -> None:
    text = file.read_text()
    workflow = yaml.safe_load(text)
    assert loose_actions(text) == []
    assert other_commands(workflow) == []
    assert "permissions" in workflow
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 240
        assert "@sha256:" in job.get("container", "@sha256:")


def test_there_is_one_for_each_occasion() -> None:
    names = {file.stem for file in WORKFLOWS}
    assert names == {"chart", "check", "dependencies", "images", "nightly", "release"}


def test_the_chart_is_tried_on_every_version_that_kind_has_here() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/chart.yml").read_text())["jobs"]["kind"]["strategy"]["matrix"]
    assert matrix["kubernetes"] == sorted(version for version, _ in NODES)
    for version, image in NODES:
        assert re.fullmatch(rf"docker\.io/kindest/node:v{version}\.\d+@sha256:[0-9a-f]{{64}}", image)


def test_every_image_of_the_chart_is_built() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/images.yml").read_text())["jobs"]["build"]["strategy"]["matrix"]
    values = yaml.safe_load((ROOT / "charts/opine/values.yaml").read_text())
    with_images = {
        name for name, part in values.items() if isinstance(part, dict) and "repository" in part.get("image", {})
    }
    assert set(matrix["component"]) == with_images


@pytest.mark.parametrize(
    ("uses", "run"),
    [
        ("actions/checkout@v7", "make lint"),
        ("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "make lint && curl x.test"),
        ("someone/else@main", "make coffee"),
        ("someone/else@main", "make lint\nrm -rf x"),
        ("someone/else@main", "pip install x"),
    ],
)
def test_the_checks_reject_what_is_wrong(uses: str, run: str) -> None:
    workflow = {"jobs": {"a": {"steps": [{"uses": uses}, {"run": run}]}}}
    assert loose_actions(f"- uses: {uses}\n") == [uses]
    assert (other_commands(workflow) == []) == (run == "make lint")


def test_actionlint_refuses_what_github_would(tmp_path: Path) -> None:
    found = re.search(r"^ACTIONLINT := .*,(.*)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    program = ["actionlint"] if shutil.which("actionlint") else found[1].split()
    if shutil.which(program[0]) is None:
        pytest.skip(f"there is no {program[0]} for this machine")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text('"on": push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: "echo ${{ github.nothing }}"}]}}\n')
    ended = subprocess.run([*program, str(wrong)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "nothing" in ended.stdout
