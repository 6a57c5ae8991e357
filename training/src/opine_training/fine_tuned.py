"""A fine-tuned model as an artefact, with a card that says what it comes from."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charcnn.artefact import CARD, GRAPH, INT8_GRAPH, LINEAR, MANIFEST, WEIGHTS, Manifest, atomic_folder, describe
from charcnn.export import export
from charcnn.linear import save_linear

from opine_training.artefacts import add_int8

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.corpus import Corpus
    from opine_training.fine_tuning import Candidate, Parent


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
    card = fine_tuned_card(parent.name, lineage.version, training)
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


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")


_WHAT = {
    "live": "the live version as it was",
    "calibration": "temperature and biases",
    "linear": "the linear part, with new words",
    "network": "the network",
}


def fine_tuned_card(name: str, version: str, training: dict[str, Any]) -> str:
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
