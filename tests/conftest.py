from pathlib import Path

import pytest

pytest_plugins = ["tests.support.skips"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data", type=Path, help="a folder of the reviews that the shipped model was measured on")
