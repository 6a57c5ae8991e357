"""Fine-tuning and gate by their commands, with the shipped model: what is learned, refused, repeated and resumed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import torch
from charcnn.artefact import CARD, REPORT, artefact_digest, read_manifest
from charcnn.engine import load_engine
from opine_training.commands import fine_tune, gate
from opine_training.commands.gate import proposals
from opine_training.runs import ARTEFACT, CHECKPOINT

from tests.support.programs import environment_of
from tests.support.registry import SHIPPED, version
from tests.support.training.labelled import drifted, with_poison

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

NEW_WORDS = ["The kettle is properly zorgly.", "The kettle went totally frobbish."]


def tuned(folder: Path, dataset: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    fine_tune.main(["--from", str(SHIPPED), "--dataset", str(dataset), "--run", str(folder), *options])
    figures: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return figures


def judged(candidate: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], object]:
    """The verdict and the exit status."""
    status: object = 0
    try:
        gate.main(["--live", str(SHIPPED), "--candidate", str(candidate), "--dataset", str(dataset)])
    except SystemExit as end:
        status = end.code
    return json.loads(capsys.readouterr().out), status


def test_new_words_are_learned_and_the_gate_lets_them_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = drifted(tmp_path / "dataset")
    steps = tuned(tmp_path / "tuned", dataset, capsys)
    artefact = tmp_path / "tuned" / ARTEFACT
    assert [step["step"] for step in steps if step["chosen"]] == ["linear"]
    assert {step["step"] for step in steps} == {"live", "calibration", "linear"}, "for the network there is too little"
    assert proposals(load_engine(SHIPPED), NEW_WORDS).tolist() != [5, 1]
    assert proposals(load_engine(artefact), NEW_WORDS).tolist() == [5, 1]
    untouched = ("model.safetensors", "model.onnx")
    assert [(artefact / name).read_bytes() == (SHIPPED / name).read_bytes() for name in untouched] == [True, True]

    first = artefact_digest(artefact, read_manifest(artefact))
    tuned(tmp_path / "again" / "tuned", dataset, capsys)
    described = read_manifest(tmp_path / "again" / "tuned" / ARTEFACT)
    assert described.files == read_manifest(artefact).files, "the same reviews make the same model"

    verdict, status = judged(artefact, dataset, capsys)
    assert (verdict["passed"], status) == (True, 0)
    manifest = read_manifest(artefact)
    assert artefact_digest(artefact, manifest) != first, "the report belongs to the version"
    assert manifest.metrics["gate"]["checks"]["corrections"]["reviews"] == 100
    live = read_manifest(SHIPPED)
    parent = {"name": live.name, "version": live.version, "digest": artefact_digest(SHIPPED, live)}
    assert manifest.training["parent"] == parent
    assert manifest.version.startswith(f"{live.version}-2026")
    card, page = (artefact / CARD).read_text(), (artefact / REPORT).read_text()
    assert parent["digest"] in card
    assert "with new words (chosen)" in card
    assert card.count("## How it was judged") == 1
    assert page.count("<svg") == 4
    assert "zorgly" not in card + page + manifest.model_dump_json(), "nobody's words"


def test_what_is_worse_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worse = version(tmp_path, "9.9.9", star_bias=[2.5, 1.0, 0.0, -2.0, -3.5])
    verdict, status = judged(worse, drifted(tmp_path / "dataset"), capsys)
    assert status == gate.REFUSED
    refused = {name for name, check in verdict["checks"].items() if not check["passed"]}
    assert {"corrections", "behaviour"} <= refused
    assert "refused" in (worse / REPORT).read_text()
    # Twice is once: the page and the card are those of the last judgement.
    judged(worse, tmp_path / "dataset", capsys)
    assert (worse / CARD).read_text().count("## How it was judged") == 1


def test_a_poisoned_fifth_is_not_let_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = with_poison(tmp_path / "dataset")
    tuned(tmp_path / "tuned", dataset, capsys)
    artefact = tmp_path / "tuned" / ARTEFACT
    if artefact.exists():
        verdict, status = judged(artefact, dataset, capsys)
        assert (verdict["passed"], status) == (False, gate.REFUSED)


def test_a_killed_fine_tuning_goes_on_to_the_same_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The network learns from 400 reviews in three epochs; the process is killed after the first checkpoint."""
    dataset = drifted(tmp_path / "dataset")
    options = ("--network-from", "1", "--epochs", "3", "--learning-rate", "0.002", "--device", "cpu",
               "--precision", "float32")  # fmt: skip
    killed = tmp_path / "killed" / "tuned"
    command = [sys.executable, "-m", "opine_training", "fine-tune", "--from", str(SHIPPED), "--dataset", str(dataset),
               "--run", str(killed), *options]  # fmt: skip
    with subprocess.Popen(
        command, env=environment_of("OMP_", {"num_threads": 1}), stderr=subprocess.DEVNULL
    ) as process:
        while not (killed / CHECKPOINT).exists():
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    checkpoint = torch.load(killed / CHECKPOINT, weights_only=True)
    assert checkpoint["progress"]["epoch"] < 3
    assert not (killed / ARTEFACT).exists()
    resumed = tuned(killed, dataset, capsys, *options)
    assert resumed == tuned(tmp_path / "whole" / "tuned", dataset, capsys, *options)
    both = [torch.load(folder / CHECKPOINT, weights_only=True) for folder in (killed, tmp_path / "whole" / "tuned")]
    assert all(torch.equal(both[0]["network"][name], both[1]["network"][name]) for name in both[0]["network"])
    assert "network" in {step["step"] for step in resumed}


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(fine_tune.OriginError, match="neither an artefact folder nor a digest"):
        fine_tune.main(["--from", "nothing", "--dataset", str(tmp_path), "--run", str(tmp_path / "run")])
    with pytest.raises(fine_tune.OriginError, match="--registry"):
        fine_tune.main(["--from", "live", "--dataset", str(tmp_path), "--run", str(tmp_path / "run")])
    shutil.rmtree(tmp_path / "run")
