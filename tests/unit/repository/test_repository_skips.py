"""In CI a skip that `tests/support/skips.py` does not accept fails."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ACCEPTED = """
import pytest

@pytest.mark.skipif(True, reason="there is no GPU")
def test_it():
    pass
"""
MARKED = ACCEPTED.replace("there is no GPU", "there is no GPU that I like")
IN_A_FIXTURE = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("there is no browser")

def test_it(browser):
    pass
"""
MODULE = "import pytest\npytest.importorskip('no_such_package_of_opine')"
EXPECTED_FAILURE = """
import pytest

@pytest.mark.xfail(strict=True)
def test_it():
    assert False
"""


def run(folder: Path, test: str, **environment: str) -> tuple[int, str]:
    """Exit status and output of a pytest that has this test alone."""
    file = folder / "test_it.py"
    file.write_text(test)
    env = {name: value for name, value in os.environ.items() if name != "CI"}  # noqa: TID251  the child's
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.skips", "-c", "/dev/null", file],
        cwd=ROOT,
        env=env | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (MARKED, "there is no GPU that I like"),
        (IN_A_FIXTURE, "there is no browser"),
        (MODULE, "could not import 'no_such_package_of_opine'"),
    ],
    ids=["a mark", "a fixture", "a module"],
)
def test_another_reason_fails_in_ci_and_nowhere_else(tmp_path: Path, test: str, reason: str) -> None:
    status, output = run(tmp_path, test, CI="true")
    assert status in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}, output
    assert reason in output
    assert "ACCEPTED in tests/support/skips.py" in output.replace("\n", "")
    status, output = run(tmp_path, test)
    assert status in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}, output


def test_accepted_reasons_and_expected_failures_pass_in_ci(tmp_path: Path) -> None:
    for test in (ACCEPTED, EXPECTED_FAILURE):
        assert run(tmp_path, test, CI="true")[0] == pytest.ExitCode.OK
