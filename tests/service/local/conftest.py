"""The real `python -m opine_local`, with data of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_run import OPINE_LOCAL, LocalRun, StartLocal


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fresh_clone: installs Opine in a fresh clone; needs the package registry")


@pytest.fixture
def start_local(tmp_path: Path) -> Iterator[StartLocal]:
    """Start Opine, by default with data in `tmp_path / "local"`; whatever is left is killed after the test."""
    started: list[LocalRun] = []

    def start(
        command: list[str] | None = None, data_dir: Path = tmp_path / "local", cwd: Path = tmp_path, **environment: str
    ) -> LocalRun:
        run = LocalRun(command or OPINE_LOCAL, data_dir, cwd=cwd, **environment)
        started.append(run)
        return run

    yield start
    for run in started:
        run.close()
