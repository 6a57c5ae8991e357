"""The command line is a contract: a flag that goes breaks somebody's script."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

FLAGS = {
    "train": {
        "--cap", "--data", "--help", "--run", "--version",
        "--columns.rating", "--columns.split", "--columns.text",
        "--config.batch-characters", "--config.checkpoint-minutes", "--config.class-balance", "--config.dropout",
        "--config.epochs", "--config.label-smoothing", "--config.learning-rate", "--config.look-up-dropout",
        "--config.patience", "--config.prefix-share", "--config.seed", "--config.truncate", "--config.tuning-share",
        "--config.warmup", "--config.weight-decay",
        "--network.dilations", "--network.embedding", "--network.ngrams", "--network.stride", "--network.width",
        "--network.word-rows",
    },
    "evaluate": {"--columns.rating", "--columns.split", "--columns.text", "--data", "--help", "--model"},
    "predict": {"--help", "--model"},
}  # fmt: skip


@pytest.mark.parametrize("command", FLAGS)
def test_flags_are_frozen(command: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "opine_training", command, "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"^\S? ?(?:-h, )?(--[a-z.-]+)", shown, re.MULTILINE)) == FLAGS[command]
