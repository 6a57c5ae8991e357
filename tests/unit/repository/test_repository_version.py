"""One version, in VERSION; `make version` writes it wherever a tool looks."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import yaml

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def tracked(root: Path, *patterns: str) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()


NOT_RELEASED = {"pyproject.toml", "tests/pyproject.toml"}
PYPROJECTS = [name for name in tracked(ROOT, "*pyproject.toml") if name not in NOT_RELEASED]
COPIED = [*PYPROJECTS, *tracked(ROOT, "charts/*"), "VERSION", "Makefile"]


def versions(root: Path) -> dict[str, str]:
    """The version that each place has."""
    chart = yaml.safe_load((root / "charts/opine/Chart.yaml").read_text())
    readme = (root / "charts/opine/README.md").read_text()
    gpu = yaml.safe_load((root / "charts/opine/ci/gpu-values.yaml").read_text())
    return {
        "VERSION": (root / "VERSION").read_text().strip(),
        **{name: tomllib.loads((root / name).read_text())["project"]["version"] for name in PYPROJECTS},
        "Chart.yaml": chart["version"],
        "Chart.yaml, the app's": chart["appVersion"],
        "the chart's README": re.findall(r"^# The chart `opine`, (.*)$", readme, re.MULTILINE)[0],
        "the chart's README, CUDA": re.findall(r"tag: (.*)-cuda", readme)[0],
        "gpu-values.yaml": gpu["sentiment"]["image"]["tag"].removesuffix("-cuda"),
    }


def bump(root: Path, version: str) -> int:
    command = ["make", "--silent", "version", f"VERSION={version}"]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode


def test_all_places_agree() -> None:
    assert len(PYPROJECTS) > 8
    assert set(versions(ROOT).values()) == {versions(ROOT)["VERSION"]}


def test_one_command_changes_them_all_and_nothing_else(tmp_path: Path) -> None:
    for name in COPIED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    before = {name: (tmp_path / name).read_text() for name in COPIED}
    old = versions(tmp_path)["VERSION"]
    assert bump(tmp_path, "97.98.99") == 0
    assert set(versions(tmp_path).values()) == {"97.98.99"}
    assert {name: (tmp_path / name).read_text().replace("97.98.99", old) for name in COPIED} == before
    assert sorted(file.name for file in tmp_path.rglob("*.before")) == []


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    assert bump(tmp_path, "next") != 0
    assert bump(tmp_path, "") != 0


def test_no_image_has_a_version_of_its_own() -> None:
    for name in tracked(ROOT, "*Dockerfile"):
        assert "ARG VERSION=unknown" in (ROOT / name).read_text().splitlines(), name
    assert "version=$(cat VERSION)" in (ROOT / "k8s/images/build").read_text().splitlines()
