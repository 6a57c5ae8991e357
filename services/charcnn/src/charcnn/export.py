"""Write a trained network as an artefact."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file

from charcnn.artefact import CARD, GRAPH, LINEAR, MANIFEST, WEIGHTS, Manifest, describe
from charcnn.graph import write_graph
from charcnn.linear.file import save_linear

if TYPE_CHECKING:
    from typing import Any

    from charcnn.calibration import Calibration
    from charcnn.linear.model import LinearModel
    from charcnn.network import CharCNN


def export(
    network: CharCNN,
    linear: LinearModel | None,
    folder: Path,
    *,
    name: str,
    version: str,
    calibration: Calibration,
    training: dict[str, Any],
    metrics: dict[str, Any],
    card: str,
) -> None:
    """Write the folder whole or not at all; weights are stored in half precision."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "artefact"
        made.mkdir()
        weights = {key: tensor.detach().to(torch.float16).contiguous() for key, tensor in network.state_dict().items()}
        save_file(weights, made / WEIGHTS)
        write_graph(made, network.config)
        linear_config = save_linear(linear, made) if linear else None
        files = (WEIGHTS, GRAPH, LINEAR) if linear else (WEIGHTS, GRAPH)
        manifest = Manifest(
            name=name,
            version=version,
            network=network.config,
            linear=linear_config,
            calibration=calibration,
            files=describe(made, files),
            training=training,
            metrics=metrics,
        )
        for file in files:
            (made / file).chmod(0o644)  # safetensors lets nobody else read
        (made / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
        (made / CARD).write_text(card)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
