"""Servers around a tiny model and around the stand-in engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from charcnn.config import Calibration, NetworkConfig
from charcnn.export import export
from charcnn.network import CharCNN

from tests.support.sentiment.server import Launcher, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path_factory.mktemp("sentiment"))
    yield launcher
    launcher.close()


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny untrained model, whole and valid."""
    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("artefact") / "model"
    export(
        CharCNN(NetworkConfig(embedding=8, ngrams=((3, 256),), word_rows=256, width=16, dilations=(1, 2))),
        None,
        folder,
        name="tiny",
        version="0.1.2",
        calibration=Calibration(),
        training={},
        metrics={},
        card="",
    )
    return folder


@pytest.fixture(scope="session")
def real(launcher: Launcher, artefact: Path) -> Server:
    """A server with default settings around ONNX Runtime."""
    server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=artefact)
    server.until("/readyz", 200)
    return server


@pytest.fixture(scope="session")
def warm_stand_in(launcher: Launcher) -> Server:
    server = launcher.stand_in(
        max_texts=10,
        max_body_bytes=20_000,
        max_queue_rows=10,
        max_characters=100,
        max_batch_rows=4,
        max_bulk=2,
        max_concurrency=40,
        upload_timeout_s=3,
    )
    (server.folder / "warm").touch()
    server.until("/readyz", 200)
    return server


@pytest.fixture
def stand_in(warm_stand_in: Server) -> Iterator[Server]:
    """A server with small limits around the stand-in engine, which `hold` stops."""
    (warm_stand_in.folder / "computed").unlink(missing_ok=True)
    yield warm_stand_in
    warm_stand_in.release()
