"""`python -m opine_training train | evaluate | predict`."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path

import tyro
from charcnn.artefact import ArtefactError
from charcnn.config import NetworkConfig
from charcnn.engine import load_engine

from opine_training.config import TrainConfig
from opine_training.corpus import Columns, CorpusError, Rejected, build_corpus, read_rows, review_files
from opine_training.evaluate import evaluate, predict


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """Train a model, compare it with word TF-IDF on the same rows and write it as an artefact.

    The run's folder gets checkpoints, a log, metrics.json and artefact/. Started again with the same folder, a run
    that was stopped goes on where it was.
    """

    data: Path
    """A CSV file, or a folder of .csv and .csv.gz files; files named bench_* are left out."""
    run: Path = Path("runs/default")
    """The run's folder."""
    version: str = "0.1.0"
    """Version of the model, shown with every prediction."""
    columns: Columns = field(default_factory=Columns)
    cap: dict[str, int] = field(default_factory=dict)
    """Most training rows of a file, as pairs of file name without endings and number."""
    config: TrainConfig = field(default_factory=TrainConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Score a model on reviews with stars and print one JSON object: in all and by file."""

    data: Path
    """A CSV file or a folder; every row of it is scored."""
    model: Path = Path("services/sentiment/model")
    """Artefact folder."""
    columns: Columns = field(default_factory=Columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Print one JSON object a text."""

    texts: tyro.conf.Positional[list[str]]
    model: Path = Path("services/sentiment/model")
    """Artefact folder."""


def main() -> None:
    command = tyro.cli(Train | Evaluate | Predict, prog="opine_training", description=__doc__)
    try:
        match command:
            case Train():
                _train(command)
            case Evaluate():
                _evaluate(command)
            case Predict():
                _predict(command)
    except (ArtefactError, CorpusError, FileNotFoundError) as error:
        sys.exit(f"opine_training: {error}")


def _train(command: Train) -> None:
    from opine_training.run import Request, run  # noqa: PLC0415  PyTorch takes seconds that the other commands need not wait

    command.run.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [logging.StreamHandler(), logging.FileHandler(command.run / "log.txt")]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    run(
        Request(
            data=command.data,
            folder=command.run,
            version=command.version,
            columns=command.columns,
            caps=command.cap,
            config=command.config,
            network=command.network,
            command=["python", "-m", "opine_training", *sys.argv[1:]],
        )
    )


def _evaluate(command: Evaluate) -> None:
    rejected = Rejected()
    files = review_files(command.data, command.columns)
    corpus = build_corpus([row for file in files for row in read_rows(file, command.columns, rejected)])
    result = evaluate(load_engine(command.model, threads=2), corpus)
    result["left_out"] = rejected.lines()
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def _predict(command: Predict) -> None:
    for text, prediction in zip(command.texts, predict(load_engine(command.model), command.texts), strict=True):
        found = {
            "text": text,
            "stars": prediction.stars,
            "label": prediction.label,
            "score": round(prediction.score, 4),
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
