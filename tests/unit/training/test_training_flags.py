"""The command line is a contract: a flag that goes breaks somebody's script."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
from opine_training import __main__ as cli

READING = {
    "--columns.rating", "--columns.source", "--columns.split", "--columns.text", "--encoding", "--labels", "--max-rows",
    "--separator",
}  # fmt: skip
SELECTION = {"--cap", "--near-duplicates", "--phrases", "--share", "--tuning-share"}
TRAINING = {
    "--checkpoint-minutes", "--criterion", "--dropout", "--epochs", "--look-up-dropout", "--patience", "--seed",
    "--start-share",
    "--augmentation.bare-share", "--augmentation.longest", "--augmentation.lower-share", "--augmentation.prefix-share",
    "--augmentation.typo-rate", "--augmentation.typo-share", "--augmentation.upper-share",
    "--linear.alpha", "--linear.entries", "--linear.least-texts", "--linear.passes", "--linear.words",
    "--loss.alpha", "--loss.class-balance", "--loss.gamma", "--loss.kind", "--loss.label-smoothing",
    "--loss.soft-targets", "--loss.soft-temperature", "--loss.soft-weight",
    "--optimiser.clip-norm", "--optimiser.kind", "--optimiser.learning-rate", "--optimiser.momentum",
    "--optimiser.weight-decay",
    "--sampling.batch-characters", "--sampling.batch-texts", "--sampling.classes", "--sampling.ratio",
    "--schedule.kind", "--schedule.lowest", "--schedule.step-epochs", "--schedule.warmup",
    "--compile", "--device", "--precision", "--workers",
}  # fmt: skip
NETWORK = {
    "--network.dilations", "--network.embedding", "--network.ngrams", "--network.stride", "--network.width",
    "--network.word-rows",
}  # fmt: skip
LEGACY_2019_NETWORK = {"--network.classes", "--network.dropout-input", "--network.max-length"}
TRAIN = (
    {"--config", "--data", "--name", "--run", "--version", "--weights", "--word-tfidf"} | READING | SELECTION | TRAINING
)
TEACH = {
    "--batch-tokens", "--checkpoint-minutes", "--clip-norm", "--cooldown", "--data", "--device", "--dropout",
    "--encoder", "--epochs", "--frequent-ratio", "--frozen-layers", "--head-factor", "--learning-rate", "--longest",
    "--opinions", "--precision", "--prefix-share", "--rows", "--run", "--seed", "--warmup", "--weight-decay",
    "--weights",
} | READING | SELECTION  # fmt: skip
GUARDS = {"--brand-share", "--burst", "--burst-s", "--client", "--day-share", "--least", "--similarity"}
FINE_TUNING = {
    "--compile", "--device", "--epochs", "--learning-rate", "--least-labels", "--network-from", "--new-ngrams",
    "--ngram-texts", "--own-opinion", "--precision", "--run", "--seed", "--tuning-share", "--workers",
}  # fmt: skip
LIMITS = {"--behaviour", "--confidence", "--kind", "--latency", "--least-reviews", "--margin", "--size"}
FLAGS = {
    "train": TRAIN | NETWORK,
    "train --config legacy_2019": TRAIN | LEGACY_2019_NETWORK,
    "train --config lineage": TRAIN | LEGACY_2019_NETWORK,
    "teach": TEACH,
    "evaluate": {"--baselines", "--data", "--model", "--robustness", "--split", "--training-data", "--uniform-prior"}
    | READING
    | SELECTION,
    "calibrate": {"--data", "--evaluate", "--model", "--out", "--split", "--uniform-prior", "--version"}
    | READING
    | SELECTION,
    "dataset": {"--database-url", "--held-out", "--out"} | GUARDS,
    "fine-tune": {"--dataset", "--from", "--registry"} | FINE_TUNING,
    "gate": {"--candidate", "--dataset", "--live", "--registry"} | LIMITS,
    "cycle": {"--database-url", "--held-out", "--registry", "--training-run"} | GUARDS | FINE_TUNING | LIMITS,
    "fit-abstention": {"--data", "--false-alarms", "--out", "--translations"} | READING,
    "export": {"--out", "--run", "--version"},
    "predict": {"--model"},
    "find-lr": {"--config", "--data", "--highest", "--lowest", "--run", "--steps"}
    | READING
    | SELECTION
    | TRAINING
    | NETWORK,
    "ablate": {"--plan", "--runs"},
}


@pytest.mark.parametrize("command", FLAGS)
def test_flags_are_frozen(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *options = command.split()
    module = importlib.import_module(f"opine_training.commands.{name.replace('-', '_')}")
    with pytest.raises(SystemExit):
        module.main([*options, "--help"])
    shown = capsys.readouterr().out
    flags = set(re.findall(r"^(?:\S |  )(?:-h, )?(--[a-z][a-z.-]*)", shown, re.MULTILINE))
    assert flags - {"--help"} == FLAGS[command]


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["opine_training", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    shown = capsys.readouterr().out
    assert set(cli.COMMANDS) == {command.split()[0] for command in FLAGS}
    assert all(f"  {name} " in shown for name in cli.COMMANDS)
