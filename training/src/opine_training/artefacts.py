"""Models as folders: the served artefact of `charcnn`, and that of the 2019 network, which is only evaluated."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from charcnn.artefact import CARD, MANIFEST, Manifest, read_manifest
from charcnn.engine import load_engine

from opine_training.card import model_card
from opine_training.evaluation.engine import EngineReader
from opine_training.lineage import LINEAGE_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.evaluation.reading import Reader
    from opine_training.lineage.artefact import LineageManifest


def load_reader(folder: Path, threads: int = 2) -> Reader:
    """The model of a folder, of either kind.

    Raises:
        ArtefactError: the folder holds none.
    """
    if (folder / LINEAGE_MANIFEST).exists():
        from opine_training.lineage.reader import load_lineage_reader  # noqa: PLC0415  needs PyTorch, the engine does not

        return load_lineage_reader(folder)
    return EngineReader(load_engine(folder, threads=threads))


def rewrite(folder: Path, target: Path, manifest: Manifest | LineageManifest) -> None:
    """The weights of a model of either kind under another manifest, with the card that goes with it."""
    name = MANIFEST if isinstance(manifest, Manifest) else LINEAGE_MANIFEST
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(folder, unfinished)
    (unfinished / name).write_text(manifest.model_dump_json(indent=2) + "\n")
    (unfinished / CARD).write_text(model_card(manifest.name, manifest.version, manifest.training, manifest.metrics))
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


def state_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Put figures that were measured into a model's manifest and card."""
    manifest: Manifest | LineageManifest
    if (folder / LINEAGE_MANIFEST).exists():
        from opine_training.lineage.artefact import read_lineage  # noqa: PLC0415  needs PyTorch

        manifest, _ = read_lineage(folder)
    else:
        manifest = read_manifest(folder)
    rewrite(folder, folder, manifest.model_copy(update={"metrics": metrics}))
