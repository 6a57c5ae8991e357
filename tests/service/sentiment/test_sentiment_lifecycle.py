"""Start, readiness and end of the service."""

from __future__ import annotations

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
import torch
from charcnn.devices import DeviceError, require_int8

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sentiment.server import Launcher, Server


def test_ready_only_once_the_warm_up_is_answered_and_accepted_work_is_finished(launcher: Launcher) -> None:
    server = launcher.stand_in()
    server.until("/livez", 200)
    assert server.http.get("/readyz").status_code == 503
    refused = server.http.post("/v1/predict", json={"texts": ["too early"]})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["detail"] == "the model has not answered its warm-up yet"
    (server.folder / "warm").touch()
    server.until("/readyz", 200)

    server.hold()
    with ThreadPoolExecutor() as pool:
        texts = ["x" * length for length in range(20, 101)]
        accepted = pool.submit(server.http.post, "/v1/predict", json={"texts": texts}, timeout=20)
        while not server.computed():
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        server.release()
        assert [p["score"] for p in accepted.result().json()["predictions"]] == [n / 100_000 for n in range(20, 101)]
    assert server.process.wait(10) == 0


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_the_service_ends_cleanly_with_its_worker(
    launcher: Launcher, artefact: Path, stop_signal: signal.Signals
) -> None:
    server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=artefact)
    server.until("/readyz", 200)
    workers = server.workers()
    assert len(workers) == 1
    with httpx.Client(base_url=server.url) as idle:
        idle.get("/livez")
        assert server.stop(stop_signal) == 0
    assert not psutil.pid_exists(workers[0])
    assert "Traceback" not in server.log


def damaged(kind: str, artefact: Path, folder: Path) -> Path:
    copy = folder / "model"
    if kind == "missing":
        return copy
    copy.mkdir()
    for file in artefact.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    return copy


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("missing", "make one with `make train`"), ("one bit", "SHA-256 differs")],
)
def test_a_damaged_model_ends_the_service_with_a_sentence(
    launcher: Launcher, artefact: Path, tmp_path: Path, kind: str, sentence: str
) -> None:
    server: Server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=damaged(kind, artefact, tmp_path))
    assert server.process.wait(30) == 1
    assert sentence in server.log
    assert "Traceback" not in server.log


def test_a_wrong_setting_ends_the_service_with_a_sentence(launcher: Launcher, artefact: Path) -> None:
    server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=artefact, engine="tensorflow")
    assert server.process.wait(30) == 1
    assert "OPINE_SENTIMENT_ENGINE: Input should be 'onnx' or 'torch'" in server.log
    assert "Traceback" not in server.log


def test_a_taken_port_ends_the_service_with_a_sentence(launcher: Launcher, artefact: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=artefact, port=port)
        assert server.process.wait(30) == 1
    assert f"Port {port} of 127.0.0.1 is taken: end the program that listens there" in server.log
    assert "Traceback" not in server.log


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_the_gpu_that_it_requires_it_ends_and_says_why(launcher: Launcher, artefact: Path) -> None:
    server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=artefact, engine="torch", device="cuda")
    assert server.process.wait(60) == 1
    assert "no GPU is visible to PyTorch: give this process a GPU" in server.log
    assert "Traceback" not in server.log


def test_eight_bits_answer_nearly_the_same_or_end_the_start(launcher: Launcher) -> None:
    eight = launcher.launch("opine_sentiment.service:Sentiment", model_dir=None, precision="int8")
    refused = ""
    try:
        require_int8()
    except DeviceError as error:
        refused = str(error)
    if refused:
        assert eight.process.wait(30) == 1
        assert refused in eight.log
        return
    eight.until("/readyz", 200)
    single = launcher.launch("opine_sentiment.service:Sentiment", model_dir=None)
    single.until("/readyz", 200)
    texts = {"texts": ["Great shop!", "Awful. They stole my money.", "It was fine, the lid was broken."]}
    answers = [server.http.post("/v1/predict", json=texts).json()["predictions"] for server in (eight, single)]
    assert answers[0] != answers[1]
    for near, exact in zip(*answers, strict=True):
        assert near["star_probabilities"] == pytest.approx(exact["star_probabilities"], abs=0.01)
    assert eight.stop() == single.stop() == 0


def test_a_container_ends_with_a_worker_that_cannot_load(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENTOML_CONTAINERIZED", "true")
    server = launcher.launch("tests.support.sentiment.failing_service:Sentiment")
    assert server.process.wait(60) == 1
    assert "the model cannot be loaded: the model is gone; fetch it again" in server.log


def test_a_broken_engine_is_not_ready_then_not_alive(launcher: Launcher) -> None:
    server = launcher.stand_in()
    (server.folder / "warm").touch()
    server.until("/readyz", 200)
    (server.folder / "broken").touch()
    ask = partial(server.http.post, "/v1/predict", json={"texts": ["x" * 20]}, timeout=20)
    while (answer := ask()).status_code == 200:
        assert answer.json()["predictions"][0]["error"]["code"] == "internal"
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["detail"] == "the engine is broken; the service's log has the reason"
    server.until("/readyz", 503)
    server.until("/livez", 503)
    metrics = server.http.get("/metrics").text
    assert "opine_sentiment_engine_broken 1.0" in metrics
    (server.folder / "broken").unlink()
    server.until("/readyz", 200)
    server.until("/livez", 200)
    assert ask().json()["predictions"][0]["score"] == 20 / 100_000
    assert "opine_sentiment_engine_broken 0.0" in server.http.get("/metrics").text
    assert server.stop() == 0
