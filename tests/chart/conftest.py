"""Each shape is rendered once for all tests."""

import pytest

from tests.support.chart.rendering import SHAPES, Object, render
from tests.support.chart.rules import Promtool, find_promtool


@pytest.fixture(scope="session")
def rendered() -> dict[str, list[Object]]:
    """The objects of each shape, and of the chart's defaults."""
    return {"defaults": render(), **{name: render(file) for name, file in SHAPES.items()}}


@pytest.fixture(params=["defaults", *SHAPES])
def shape(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def objects(rendered: dict[str, list[Object]], shape: str) -> list[Object]:
    return rendered[shape]


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    found = find_promtool()
    if found is None:
        pytest.skip("promtool is not on PATH (Debian, Ubuntu: apt-get install prometheus)")
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-release", action="store_true", help="keep today's immutable fields as the release's")
