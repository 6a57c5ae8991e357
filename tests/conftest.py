import os
from pathlib import Path

import hypothesis
import pytest

# How long an example takes, or is looked for, says more of the machine than of the code.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

pytest_plugins = ["tests.support.skips"]

# They take minutes and need a cluster or built images: only `make e2e` and `make drills` run them.
BY_NAME = [Path(__file__).parent / name for name in ("cluster", "images")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data", type=Path, help="a folder of the reviews that the shipped model was measured on")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a third of the time, a worker waits for what it has started."""
    return (os.cpu_count() or 1) + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders `BY_NAME`, unless an argument names them."""
    folder = next((folder for folder in BY_NAME if collection_path.is_relative_to(folder)), None)
    if folder is None:
        return None
    asked = ((config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args)
    return None if any(path.is_relative_to(folder) for path in asked) else True
