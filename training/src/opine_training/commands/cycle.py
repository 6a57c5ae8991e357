"""One turn of the learning loop: read what people wrote, learn, judge, register."""

from __future__ import annotations

import fcntl
import json
import logging
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from charcnn.artefact import artefact_digest, read_manifest

from opine_training.commands.dataset import write_dataset
from opine_training.commands.fine_tune import fetched, fine_tune
from opine_training.commands.gate import REFUSED, Limits, gate
from opine_training.config import HardwareConfig, flat, parse
from opine_training.curation import Guards
from opine_training.fine_tuning import LIVE, FineTuneConfig
from opine_training.labels import MANIFEST, read_labelled
from opine_training.registry import Registry
from opine_training.reviews import DataError
from opine_training.runs import ARTEFACT, LOG, log_to, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)
_OUTCOME = "outcome.json"
_DATASET = "dataset"
_LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Fine-tune the live version on what people wrote since, and register the result if it passes the gate.

        cycle --database-url postgresql://opine_analysis@/opine --registry http://127.0.0.1:5000 --run runs/cycle

    `dataset`, `fine-tune --from live`, `gate` and the registration in one: what the learning service starts. Started
    again with the same folder it goes on, with the reviews that it has read. Prints the outcome; ends with 0 if a
    version was registered, with 3 if it was refused or nothing was learned.
    """

    database_url: str
    """Of the role `opine_analysis`; the password may be in PGPASSWORD or a password file."""
    registry: str
    """URL of the reviews API; OPINE_TRAINING_REGISTRY_TOKEN is its registry token."""
    run: Path = Path("runs/cycle")
    """The run's folder; its name is the name of the training run."""
    training_run: int | None = None
    """Number of the training that the learning service has written down, to tell it the outcome."""
    held_out: float = 0.1
    """The newest share of the reviews, which is not learned from and judges."""
    guards: Annotated[Guards, flat] = field(default_factory=Guards)
    tuning: Annotated[FineTuneConfig, flat] = field(default_factory=FineTuneConfig)
    limits: Annotated[Limits, flat] = field(default_factory=Limits)
    hardware: Annotated[HardwareConfig, flat] = field(default_factory=HardwareConfig)


def main(arguments: Sequence[str]) -> None:
    command = parse(Cycle, "cycle", arguments)
    command.run.mkdir(parents=True, exist_ok=True)
    registry = Registry(command.registry)
    # Of two processes in one folder, such as one whose starter was killed, the second goes on where the first ended.
    with (command.run / _LOCK).open("w") as lock, log_to(command.run / LOG):
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Kept before it is told: a run that was killed in between tells the same again.
        if not (command.run / _OUTCOME).exists():
            write_json(command.run / _OUTCOME, _outcome(command, _shown(arguments)))
        outcome = json.loads((command.run / _OUTCOME).read_text())
        version = None
        if outcome["outcome"] == "registered":
            artefact, parent = command.run / ARTEFACT, outcome["evidence"]["parent"]
            version = registry.register(artefact, parent=parent, training_run=command.run.resolve().name)
        if command.training_run is not None:
            registry.end_training(command.training_run, version=version, **outcome)
    sys.stdout.write(json.dumps(outcome | {"version": version}, indent=2) + "\n")
    if version is None:
        sys.exit(REFUSED)


def _shown(arguments: Sequence[str]) -> str:
    """As it may stand on a card, which everybody reads."""
    kept = [each for each in arguments if "://" not in each or "@" not in each]
    return shlex.join(["python", "-m", "opine_training", "cycle", *kept])


def _outcome(command: Cycle, shown: str) -> dict[str, Any]:
    """Whether there is something to register, and why."""
    folder = command.run / _DATASET
    try:
        if not (folder / MANIFEST).exists():
            write_dataset(command.database_url, folder, command.guards, command.held_out)
        read = read_labelled(folder)
        parent = fetched(LIVE, command.registry, command.run)
        steps = fine_tune(parent, read, command.run, command.tuning, command.hardware, command=shown)
    except DataError as error:
        return _refused(str(error), {})
    evidence = {
        "parent": artefact_digest(parent, read_manifest(parent)),
        "dataset": read.fingerprint,
        "rows": len(read.learned),
        "corrections": read.learned.corrections,
        "quarantined": sum(each["rows"] for each in read.manifest["quarantined"]),
        "log_loss": {step["step"]: step["log_loss"] for step in steps},
        "chosen": next(step["step"] for step in steps if step["chosen"]),
    }
    if not (command.run / ARTEFACT).exists():
        return _refused("nothing that was learned is better than the live version", evidence)
    verdict = gate(parent, command.run / ARTEFACT, read.held_out, command.limits)
    evidence["gate"] = {check.name: check.said for check in verdict.checks}
    if not verdict.passed:
        return _refused("; ".join(verdict.reasons), evidence)
    logger.info("it passed: %s", verdict.checks[0].said)
    return {"outcome": "registered", "evidence": {"reason": verdict.checks[0].said, **evidence}}


def _refused(reason: str, evidence: dict[str, Any]) -> dict[str, Any]:
    logger.info("refused: %s", reason)
    return {"outcome": "refused", "evidence": {"reason": reason, **evidence}}
