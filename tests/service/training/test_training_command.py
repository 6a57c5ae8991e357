"""`python -m opine_training` as a person runs it, from reviews in a CSV file to an artefact that answers."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def opine_training(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["env", "OMP_NUM_THREADS=1", sys.executable, "-m", "opine_training", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    words = ("awful", "bad", "okay", "nice", "superb")
    with (folder / "reviews.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "rating"])
        writer.writerows([f"number {n} was {words[n % 5]}, {words[n % 5]} indeed", n % 5 + 1] for n in range(800))
    options = {
        "data": "reviews.csv",
        "run": "run",
        "version": "7.0",
        "network.width": "16",
        "network.embedding": "8",
        "network.word-rows": "256",
        "network.dilations": "1",
        "config.epochs": "6",
        "config.learning-rate": "0.02",
        "config.batch-characters": "1024",
        "config.tuning-share": "0.1",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = opine_training("train", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_leaves_artefact_metrics_and_log(workplace: Path) -> None:
    metrics = json.loads((workplace / "run/metrics.json").read_text())
    assert set(metrics) == {"validation", "beginnings", "word_tfidf"}
    assert "macro-F1 on the validation rows" in (workplace / "run/log.txt").read_text()
    card = (workplace / "run/artefact/README.md").read_text()
    assert card.startswith("# opine-charcnn 7.0\n")
    assert "python -m opine_training train --data reviews.csv" in card


def test_evaluate_prints_one_json_object(workplace: Path) -> None:
    (workplace / "few.csv").write_text("text,rating\nit was superb,5\nit was awful,1\n")
    done = opine_training("evaluate", "--data", "few.csv", "--model", "run/artefact", cwd=workplace)
    result = json.loads(done.stdout)
    assert result["all"]["rows"] == 2
    assert set(result["sources"]) == {"few"}


def test_predict_prints_a_line_a_text(workplace: Path) -> None:
    done = opine_training("predict", "it was superb", "it was awful", "--model", "run/artefact", cwd=workplace)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["text"] for line in lines] == ["it was superb", "it was awful"]
    assert lines[0]["score"] > lines[1]["score"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "--data", "nowhere.csv"), "nowhere.csv"),
        (("evaluate", "--data", "reviews.csv", "--model", "nothing"), "holds no model"),
        (("evaluate", "--data", "."), "no .csv"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    workplace: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = opine_training(*arguments, cwd=tmp_path if arguments[-1] == "." else workplace)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
