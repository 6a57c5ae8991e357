from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from opine_training.artefacts import load_model
from opine_training.behaviour import behaviour, read_probes
from opine_training.config import ReadConfig, SelectionConfig, flat, parse
from opine_training.evaluation import BEGINNINGS, VARIANTS, SplitChoice, report, score_files
from opine_training.reviews import LeftOut, review_files
from opine_training.splits import Source, training_rows, tuning_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opine_training.metrics import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Score a model on review files and print one JSON object on the standard output, all else on the error output.

        evaluate --data reviews/ > scores.json

    Which rows are scored is decided file by file: all of a benchmark (`bench_*`) and of a file without a split
    column; of any other file its `val` rows, its `test` rows where it has no `val` rows, and none where all are
    `train` rows. `split` in the JSON says which were.

    `all` pools the five-star files that are no benchmark. `accuracy` is the model's own decision;
    `accuracy_uniform_prior` is what it would decide if bad, average and good reviews were equally many, by the
    offsets in its calibration. A file of nothing but ratings 0 and 1 is a two-class file: good is then a score of
    0.5 and more, and under the uniform prior good more likely than bad. `beginnings` is the accuracy when only the
    first 25, 50 or 75 % of each review has been typed. `behaviour` needs no data: the share of texts of our own, by
    kind, whose proposed stars a person would accept, and how often one more word makes the score swing.
    """

    data: Path
    """A CSV file, or a folder of .csv and .csv.gz files."""
    model: Path = Path("services/sentiment/model")
    """Artefact folder, or a model of 2019's."""
    split: SplitChoice = "auto"
    """Rows to score instead: `tuning` are the training rows that a run kept aside, `all` every row."""
    robustness: bool = False
    """Also score with typos at 5 % of the characters, all in capitals, and without punctuation."""
    baselines: bool = False
    """Also train word TF-IDF, word and character TF-IDF and fastText, classes balanced, and score them alike."""
    training_data: Path | None = None
    """Where the training rows of the baselines and of `tuning` are; as a rule where --data is. A run's selection
    applies: `--cap`."""
    uniform_prior: Path | None = None
    """A file on which the baselines' offsets to a uniform prior are fitted, as `calibrate --uniform-prior` does."""
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)


def main(arguments: Sequence[str]) -> None:
    command = parse(Evaluate, "evaluate", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    sys.stdout.write(json.dumps(_evaluate(command), indent=2) + "\n")


def _evaluate(command: Evaluate) -> dict[str, Any]:
    source = Source(command.data, command.reading, command.selection)
    learned = replace(source, data=command.training_data) if command.training_data else source
    tuning = tuning_digests(learned) if command.split == "tuning" else frozenset()
    variants = VARIANTS if command.robustness else BEGINNINGS

    def scored(model: Model, left_out: LeftOut) -> dict[str, Any]:
        return report(score_files(model, source.files, command.split, left_out, variants=variants, tuning=tuning))

    model = load_model(command.model)
    left_out = LeftOut()
    found = {"model": {"name": model.name, "version": model.version}, **scored(model, left_out)}
    found["behaviour"] = behaviour(model, read_probes())
    if command.baselines:
        found["baselines"] = _baselines(learned, command, scored)
    return {**found, "left_out": left_out.lines()}


def _baselines(
    learned: Source, command: Evaluate, scored: Callable[[Model, LeftOut], dict[str, Any]]
) -> dict[str, Any]:
    from opine_training.baselines import trained_baselines  # noqa: PLC0415  slow, and seldom asked for

    train, fingerprint = training_rows(learned)
    balanced = (
        [row for file in review_files(command.uniform_prior, command.reading) for row in file.rows(LeftOut())]
        if command.uniform_prior
        else []
    )
    found: dict[str, Any] = {"training_rows": len(train), "data_sha256": fingerprint}
    for model in trained_baselines(train, balanced):
        figures = scored(model, LeftOut())
        found[model.name] = {name: figures[name] for name in ("all", "files")}
    return found
