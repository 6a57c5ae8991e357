"""Fine-tune a version on what people wrote since, and write it as an artefact that says what it comes from."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from charcnn.artefact import (
    CARD,
    GRAPH,
    INT8_GRAPH,
    LINEAR,
    WEIGHTS,
    Manifest,
    atomic_folder,
    describe,
    write_manifest,
)
from charcnn.export import export
from charcnn.linear import save_linear
from charcnn.text import encode

from opine_training import InputError
from opine_training.artefacts import add_int8
from opine_training.config import HardwareConfig, flat, parse
from opine_training.corpus import open_corpus, write_corpus
from opine_training.fine_tuning import LIVE, FineTuneConfig, FineTuning, read_parent
from opine_training.labels import read_labelled
from opine_training.optimisation import resolve_device
from opine_training.registry import Registry
from opine_training.runs import ARTEFACT, CORPUS, LOG, keep_config, log_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_training.corpus import Corpus
    from opine_training.fine_tuning import Candidate, Parent
    from opine_training.labels import LabelledDataset

PARENT = "parent"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class OriginError(InputError):
    """There is nothing to start from; the message says what to name."""


def fetched(origin: str, registry: str, run: Path) -> Path:
    """The folder of the version to start from; fetched once, so that a run that goes on has the same one.

    Raises:
        OriginError: it is neither folder nor digest.
        RegistryError: the registry does not give it.
    """
    if Path(origin).is_dir():
        return Path(origin)
    kept = run / PARENT
    if kept.exists():
        return kept
    if origin != LIVE and not _DIGEST.fullmatch(origin):
        raise OriginError(f"{origin} is neither an artefact folder nor a digest of 64 digits; see --from")
    if not registry:
        raise OriginError(f"say by --registry where to fetch {origin}")
    asked = Registry(registry)
    unfinished = kept.with_name(f"{PARENT}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    asked.fetch(asked.live() if origin == LIVE else origin, unfinished)
    return unfinished.rename(kept)


def fine_tune(
    origin: Path, dataset: LabelledDataset, run: Path, config: FineTuneConfig, hardware: HardwareConfig, *, command: str
) -> list[dict[str, Any]]:
    """Leave `artefact/` in the run's folder, unless nothing was learned; the figures of all steps.

    Raises:
        DataError: too few reviews.
        RunError: the folder is that of another run.
    """
    parent = read_parent(origin)
    asked = {"parent": parent.digest, "dataset": dataset.fingerprint, "fine_tuning": asdict(config)}
    keep_config(run, asked, {"command": command})
    corpus = _corpus(dataset, run / CORPUS)
    tuning = FineTuning(parent, corpus, dataset.learned, config)
    tuned = tuning.run(run, resolve_device(hardware))
    if tuned.candidate.step == LIVE:
        shutil.rmtree(run / ARTEFACT, ignore_errors=True)
        return tuned.figures
    lineage = Lineage(parent, dataset.manifest, len(corpus), run.resolve().name, command, asdict(config), tuned.figures)
    write_fine_tuned(tuned.candidate, lineage, run / ARTEFACT, corpus.between(tuning.first_tuning, len(corpus)))
    return tuned.figures


def _corpus(dataset: LabelledDataset, folder: Path) -> Corpus:
    """Written at each start: another dataset may stand there of a run that had not begun."""
    with atomic_folder(folder) as unfinished:
        write_corpus(unfinished / "learned", dataset.learned.rows(), lambda text: encode(text).symbols)
    return open_corpus(folder / "learned")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a version comes from, as its manifest says it under `training`."""

    parent: Parent
    dataset: dict[str, Any]
    """The dataset's manifest."""
    rows: int
    run: str
    command: str
    configuration: dict[str, Any]
    steps: list[dict[str, Any]]

    @property
    def version(self) -> str:
        """Follows from parent and dataset, so that a repeated run makes no second version."""
        origin = f"{self.parent.digest} {self.dataset['fingerprint']}".encode()
        base = self.parent.manifest.version.partition("-")[0]
        return f"{base}-{self.dataset['until'].replace('-', '')}-{hashlib.sha256(origin).hexdigest()[:8]}"

    def as_training(self) -> dict[str, Any]:
        parent = self.parent.manifest
        kept = ("fingerprint", "rows", "since", "until", "held_out_from", "sources", "left_out", "quarantined")
        return {
            "rows": self.rows,
            "data_sha256": self.dataset["fingerprint"],
            "run": self.run,
            "command": self.command,
            "configuration": self.configuration,
            "parent": {"name": parent.name, "version": parent.version, "digest": self.parent.digest},
            "dataset": {name: self.dataset[name] for name in kept},
            "steps": self.steps,
        }


def write_fine_tuned(candidate: Candidate, lineage: Lineage, folder: Path, tuning: Corpus) -> None:
    """Write the artefact whole or not at all.

    Args:
        candidate: what was chosen.
        lineage: where it comes from.
        folder: of the artefact; what is there is replaced.
        tuning: texts that make the int8 graph of a new network.
    """
    parent, training = lineage.parent.manifest, lineage.as_training()
    card = _card(parent.name, lineage.version, training)
    linear = candidate.linear if len(candidate.linear.fingerprints) else None
    if candidate.network is not None:
        export(
            candidate.network,
            linear,
            folder,
            name=parent.name,
            version=lineage.version,
            calibration=candidate.calibration,
            training=training,
            metrics={},
            card=card,
        )
        add_int8(folder, tuning)
        return
    with atomic_folder(folder) as made:
        # The network stays as it is, to the byte, and its graphs with it.
        for name in (WEIGHTS, GRAPH, *([INT8_GRAPH] if parent.int8 else [])):
            shutil.copy(lineage.parent.folder / name, made / name)
        manifest = Manifest(
            name=parent.name,
            version=lineage.version,
            network=parent.network,
            linear=save_linear(linear, made) if linear else None,
            int8=parent.int8,
            calibration=candidate.calibration,
            files={},
            training=training,
            metrics={},
        )
        if linear:
            (made / LINEAR).chmod(0o644)  # safetensors lets nobody else read
        write_manifest(made, manifest.model_copy(update={"files": describe(made, manifest.file_names)}))
        (made / CARD).write_text(card)


_WHAT = {
    "live": "the live version as it was",
    "calibration": "temperature and biases",
    "linear": "the linear part, with new words",
    "network": "the network",
}


def _card(name: str, version: str, training: dict[str, Any]) -> str:
    """Markdown: what it comes from, which step won, what it is not for."""
    parent, dataset = training["parent"], training["dataset"]
    rows = "\n".join(
        f"| {_WHAT[step['step']]}{' (chosen)' if step['chosen'] else ''} | {step['log_loss']:.4f} "
        f"| {step['agreement']:.1%} | {step['new_ngrams']:,} |"
        for step in training["steps"]
    )
    return f"""# {name} {version}

A character-level convolutional network that proposes stars for English reviews, fine-tuned on what people wrote.

| | |
| --- | --- |
| comes from | {parent["name"]} {parent["version"]}, `{parent["digest"]}` |
| learned from | {training["rows"]:,} reviews until {dataset["until"]}, dataset `{dataset["fingerprint"][:16]}` |
| run | {training["run"]}, seed {training["configuration"]["seed"]} |

```
{training["command"]}
```

## What it learned

On {training["steps"][0]["reviews"]:,} of the newest of these reviews, before the chosen step learned from them, too:

| step | log-loss | stars left as proposed | new phrases |
| --- | --- | --- | --- |
{rows}

## Not for

Languages other than English, irony, texts that are no reviews, and decisions about people.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTune:
    """Fine-tune a version on a folder of `dataset`, in minutes on two cores, and write it as an artefact.

        fine-tune --from services/sentiment/model --dataset datasets/opine --run runs/tuned
        fine-tune --from live --registry http://127.0.0.1:5000 --dataset datasets/opine --run runs/tuned

    Temperature and biases, then the linear part, then, with corrections enough, the network: the newest of the learned
    reviews choose, and the card says which won. Started again with the same folder, a run that was killed goes on.
    Prints the figures of all steps. Where the live version is the best of them, no artefact is written.
    """

    origin: Annotated[str, tyro.conf.arg(name="from")]
    """The version to start from: an artefact folder, a digest of the registry, or `live`."""
    dataset: Path
    """Folder that `dataset` has written."""
    run: Path = Path("runs/tuned")
    """The run's folder."""
    registry: str = ""
    """URL of the reviews API, for a digest and `live`; OPINE_TRAINING_REGISTRY_TOKEN is its token."""
    hardware: Annotated[HardwareConfig, flat] = field(default_factory=HardwareConfig)
    tuning: Annotated[FineTuneConfig, flat] = field(default_factory=FineTuneConfig)


def main(arguments: Sequence[str]) -> None:
    command = parse(FineTune, "fine-tune", arguments)
    command.run.mkdir(parents=True, exist_ok=True)
    with log_to(command.run / LOG):
        parent = fetched(command.origin, command.registry, command.run)
        figures = fine_tune(
            parent,
            read_labelled(command.dataset),
            command.run,
            command.tuning,
            command.hardware,
            command=shlex.join(["python", "-m", "opine_training", "fine-tune", *arguments]),
        )
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
