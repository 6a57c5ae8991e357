"""Runs that are killed, and runs of two processes, end as one undisturbed process does."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("awful", "bad", "okay", "nice", "superb")
OPTIONS = {
    "data": "reviews.csv",
    "tuning-share": "0.1",
    "epochs": "3",
    "checkpoint-minutes": "0",
    "dropout": "0",
    "look-up-dropout": "0",
    "precision": "float32",
    "network.width": "16",
    "network.embedding": "8",
    "network.word-rows": "256",
    "network.dilations": "1",
    "network.stride": "1",
    "sampling.batch-characters": "1024",
    "optimiser.kind": "sgd",
    "optimiser.learning-rate": "0.1",
}
"""Nothing random but the order: two processes draw other dropout masks than one."""
TRAIN = ["opine_training", "train"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--"]
"""After `--`, or torchrun takes --run for an abbreviation of its own."""


def start(command: list[str], run: str, folder: Path) -> subprocess.Popen[str]:
    options = [part for name, value in OPTIONS.items() for part in (f"--{name}", value)]
    return subprocess.Popen(
        ["env", "OMP_NUM_THREADS=1", *command, *options, "--no-word-tfidf", "--run", run],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def weights(folder: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float16]]]:
    return load_file(folder / "artefact/model.safetensors")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    with (folder / "reviews.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "rating"])
        writer.writerows([f"number {n} was {WORDS[n % 5]}, {WORDS[n % 5]} indeed", n % 5 + 1] for n in range(600))
    with start([sys.executable, "-m", *TRAIN], "undisturbed", folder) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return folder


def test_a_killed_run_ends_with_the_same_bytes(undisturbed: Path) -> None:
    checkpoint = undisturbed / "killed/checkpoint.pt"
    with start([sys.executable, "-m", *TRAIN], "killed", undisturbed) as process:
        deadline = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -9
    assert checkpoint.exists()
    assert not (undisturbed / "killed/artefact").exists()
    with start([sys.executable, "-m", *TRAIN], "killed", undisturbed) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "going on after epoch" in errors
    ours, theirs = (
        (undisturbed / run / "artefact/model.safetensors").read_bytes() for run in ("killed", "undisturbed")
    )
    assert ours == theirs


def test_two_processes_share_every_step(undisturbed: Path) -> None:
    with start([*TORCHRUN, *TRAIN], "two", undisturbed) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    one, two = weights(undisturbed / "undisturbed"), weights(undisturbed / "two")
    for name, tensor in one.items():
        np.testing.assert_allclose(two[name], tensor, atol=2e-3, err_msg=name)
    figures = [
        json.loads((undisturbed / run / "metrics.json").read_text())["validation"]["all"]["macro_f1"]
        for run in ("undisturbed", "two")
    ]
    assert figures[0] == figures[1]
