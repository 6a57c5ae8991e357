"""`bentoml build` makes a Bento that serves by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.service.sentiment.conftest import Launcher

SOURCE = Path(__file__).parents[3] / "services/sentiment"
BENTOML = Path(sys.executable).parent / "bentoml"


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bentoml")
    environment = {**os.environ, "BENTOML_HOME": str(home)}  # noqa: TID251  the child's
    subprocess.run([BENTOML, "build"], cwd=SOURCE, env=environment, check=True, capture_output=True)
    (made,) = home.glob("bentos/*/*/bento.yaml")
    return made.parent


def test_it_carries_every_package_of_this_repository(bento: Path) -> None:
    script = """
import sys
sys.path.insert(0, "src")
import charcnn.engine, opine_sentiment.service, opine_telemetry.logs
print(charcnn.__file__, opine_telemetry.__file__, opine_sentiment.settings.Settings().model_dir)
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=bento, capture_output=True, text=True, check=True)
    assert result.stdout.split() == [
        str(bento / "src/charcnn/__init__.py"),
        str(bento / "src/opine_telemetry/__init__.py"),
        str(bento / "src/model"),
    ]
    assert {file.name for file in (bento / "src/model").iterdir()} == {
        file.name for file in (SOURCE / "model").iterdir()
    }


def test_its_requirements_name_bentoml_and_no_package_of_this_repository(bento: Path) -> None:
    requirements = (bento / "env/python/requirements.txt").read_text()
    assert "bentoml==" in requirements
    assert "onnxruntime==" in requirements
    assert not [name for name in ("charcnn", "opine") if name in requirements]


def test_its_documentation_shows_the_route(bento: Path) -> None:
    assert "\n  /v1/predict:\n" in (bento / "apis/openapi.yaml").read_text()


def test_it_serves(bento: Path, launcher: Launcher) -> None:
    server = launcher.launch(str(bento), model_dir=bento / "src/model")
    server.until("/readyz", 200)
    answer = httpx.post(server.url + "/v1/predict", json={"texts": ["Great shop!"]}).json()
    assert answer["predictions"][0]["label"] in {"bad", "average", "good"}
    assert server.stop() == 0
