"""Each shape is rendered once for all tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "packages"))

from charted.programs import find_program
from charted.rendering import SHAPES, Object, Renderer, parse


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("opine-programs")


@pytest.fixture(scope="session")
def helm(programs: Path) -> str:
    found = find_program("helm", programs)
    if found is None:
        pytest.skip("helm is neither on PATH nor beside this repository")
    return found


@pytest.fixture(scope="session")
def renderer(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(helm, tmp_path_factory.mktemp("render"))


@pytest.fixture(scope="session")
def manifests(renderer: Renderer) -> dict[str, str]:
    """The text of each shape, and of the chart's defaults."""
    texts = {name: renderer.text(file) for name, file in SHAPES.items()}
    return {"defaults": renderer.text(), **texts}


@pytest.fixture(scope="session")
def rendered(manifests: dict[str, str]) -> dict[str, list[Object]]:
    return {name: parse(text) for name, text in manifests.items()}


@pytest.fixture(params=["defaults", *SHAPES])
def shape(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def objects(rendered: dict[str, list[Object]], shape: str) -> list[Object]:
    return rendered[shape]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-release", action="store_true", help="keep today's immutable fields as the release's")
