"""Models as folders: the served artefact of `charcnn`, and that of the 2019 network, which is only evaluated."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from charcnn.artefact import CARD, MANIFEST, Manifest, read_manifest
from charcnn.engine import load_engine

from opine_training.evaluation.engine import EngineReader
from opine_training.lineage import LINEAGE_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.evaluation.reading import Reader


def load_reader(folder: Path, threads: int = 2) -> Reader:
    """The model of a folder, of either kind.

    Raises:
        ArtefactError: the folder holds none.
    """
    if (folder / LINEAGE_MANIFEST).exists():
        from opine_training.lineage.reader import load_lineage_reader  # noqa: PLC0415  needs PyTorch, the engine does not

        return load_lineage_reader(folder)
    return EngineReader(load_engine(folder, threads=threads))


def rewrite(folder: Path, target: Path, manifest: Manifest, card: str) -> None:
    """The weights of an artefact under another manifest and card."""
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(folder, unfinished)
    (unfinished / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    (unfinished / CARD).write_text(card)
    read_manifest(unfinished)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
