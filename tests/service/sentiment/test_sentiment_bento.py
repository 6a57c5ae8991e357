"""`make bento` makes a Bento that serves by itself, in an environment that holds nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bentoml
import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from tests.support.sentiment.server import Launcher

MODEL = ROOT / "services/sentiment/model"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bentoml")
    environment = {**os.environ, "BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}  # noqa: TID251  the child's
    # Not through make's prerequisites: they would look at the clock of another environment.
    made = subprocess.run(
        ["make", "bento", f"UV={BIN / 'uv'}", f"BENTOML={BIN / 'bentoml'}", "--assume-old=.venv-test/installed"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (document,) = home.glob("bentos/*/*/bento.yaml")
    return document.parent


@pytest.fixture(scope="module")
def environment(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Bento's Dockerfile installs, where nothing is installed."""
    folder = tmp_path_factory.mktemp("bento-environment") / "venv"
    inside = {
        **os.environ,  # noqa: TID251  the child's
        "VIRTUAL_ENV": str(folder),
        "PATH": os.pathsep.join([str(folder / "bin"), str(BIN), os.environ["PATH"]]),  # noqa: TID251
    }
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], env=inside, check=True)
    requirements = bento / "env/python/requirements.txt"
    subprocess.run(["uv", "pip", "install", "--quiet", "-r", requirements], cwd=bento / "src", env=inside, check=True)
    (script,) = (bento / "env/docker").glob("script__*")
    subprocess.run(["sh", script], cwd=bento, env=inside, check=True)
    return folder


def test_it_carries_the_code_the_weights_and_the_packages_of_this_repository(bento: Path) -> None:
    assert (bento / "src/opine_sentiment/service.py").is_file()
    assert {file.name for file in (bento / "src/model").iterdir()} == {file.name for file in MODEL.iterdir()}
    wheels = {file.name.split("-")[0] for file in (bento / "src/wheels").iterdir()}
    assert wheels == {"charcnn", "opine_common"}
    dockerfile = (bento / "env/docker/Dockerfile").read_text()
    assert dockerfile.index("./src/wheels") < dockerfile.index("script__")


def test_its_requirements_name_bentoml_and_no_package_of_this_repository(bento: Path) -> None:
    requirements = (bento / "env/python/requirements.txt").read_text()
    assert "bentoml==" in requirements
    assert "onnxruntime==" in requirements
    assert not [name for name in ("charcnn", "opine") if name in requirements]


def test_its_documentation_shows_the_method(bento: Path) -> None:
    assert "\n  /predict:\n" in (bento / "apis/openapi.yaml").read_text()


def test_it_serves_what_it_holds(bento: Path, environment: Path, launcher: Launcher) -> None:
    server = launcher.launch(str(bento), program=environment / "bin/bentoml", model_dir=None)
    server.until("/readyz", 200)
    with bentoml.SyncHTTPClient(server.url) as client:
        answer = client.predict(texts=["Great shop!"])
    assert answer["predictions"][0]["label"] == "good"
    assert f'"{bento}' not in server.log
    assert server.stop() == 0
