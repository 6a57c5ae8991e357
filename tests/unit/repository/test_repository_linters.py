"""Each linter of `make lint` refuses what it is there for, and pre-commit asks the same of a commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import ROOT

BIN = Path(sys.executable).parent
(biome,) = re.findall(r"^BIOME := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
BIOME = biome.split()
ASSETS = "services/frontend/src/opine_frontend/assets"

WRONG = {
    "biome, JavaScript": ([*BIOME, "check", "--stdin-file-path", f"{ASSETS}/js/wrong.js"], "var unused = 1;\n"),
    "biome, CSS": ([*BIOME, "lint", "--stdin-file-path", f"{ASSETS}/css/wrong.css"], "a { colr: red; }\n"),
    "shellcheck": (["shellcheck", "-"], "#!/bin/sh\nrm $1\n"),
    "yamllint": (["yamllint", "--strict", "-"], "a: 1\na: 2\n"),
    "hadolint": (["hadolint", "-"], "FROM python:latest\n"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str) -> None:
    (name_of_program, *arguments), text = WRONG[name]
    program = shutil.which(name_of_program, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")  # noqa: TID251  the child's
    if program is None:
        pytest.skip(f"there is no {name_of_program} for this machine")
    ended = subprocess.run([program, *arguments], cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr


def test_pre_commit_asks_what_make_lint_asks() -> None:
    (parts,) = re.findall(r"^lint: (.*?) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == [f"make --silent {part}" for part in parts.split()]
