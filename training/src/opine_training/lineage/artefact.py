from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from charcnn.artefact import CARD, ArtefactError
from charcnn.legacy_2019 import Legacy2019Config, Legacy2019Network
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from opine_training.lineage import LINEAGE_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE_WEIGHTS = "lineage.safetensors"


class LineageManifest(BaseModel):
    """`lineage.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    network: Legacy2019Config
    uniform_prior_offsets: tuple[float, float, float] | None
    training: dict[str, Any]
    metrics: dict[str, Any]


def write_lineage(folder: Path, network: Legacy2019Network, manifest: LineageManifest, card: str) -> None:
    """Write the folder whole or not at all."""
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    save_file(network.state_dict(), unfinished / LINEAGE_WEIGHTS)
    (unfinished / LINEAGE_MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    (unfinished / CARD).write_text(card)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def read_lineage(folder: Path) -> tuple[LineageManifest, Legacy2019Network]:
    """Raises ArtefactError where the folder is damaged."""
    try:
        manifest = LineageManifest.model_validate_json((folder / LINEAGE_MANIFEST).read_bytes())
        network = Legacy2019Network(manifest.network)
        network.load_state_dict(load_file(folder / LINEAGE_WEIGHTS))
    except (OSError, ValidationError, RuntimeError, SafetensorError) as error:
        raise ArtefactError(f"{folder} is no whole lineage model ({error}). Train it again.") from error
    return manifest, network.eval()
