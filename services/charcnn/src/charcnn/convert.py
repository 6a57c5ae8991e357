"""Bring an artefact of format version 1 or 2 to the present one; the model says what it said.

python -m charcnn.convert FOLDER NEW_FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter
from safetensors.numpy import load_file

from charcnn.artefact import CARD, LINEAR, MANIFEST, ArtefactError
from charcnn.config import Calibration, NetworkConfig
from charcnn.export import export
from charcnn.linear import LinearModel
from charcnn.network import load_network

if TYPE_CHECKING:
    from typing import Any

# Formats 1 and 2 differ from each other only in the linear part, which 1 lacks.
_OLD = (1, 2)


def convert(folder: Path, new: Path) -> None:
    """Write the model of `folder` to `new`.

    Raises:
        ArtefactError: it is of no earlier format.
    """
    document = json.loads((folder / MANIFEST).read_text())
    if document["format_version"] not in _OLD:
        raise ArtefactError(
            f"{folder} has format version {document['format_version']}: there is nothing to convert. Use it as it is."
        )
    export(
        load_network(folder, TypeAdapter(NetworkConfig).validate_python(document["network"])),
        _linear(folder, document["linear"]) if document.get("linear") else None,
        new,
        calibration=Calibration.model_validate(document["calibration"]),
        card=(folder / CARD).read_text(),
        **{key: document[key] for key in ("name", "version", "training", "metrics")},
    )


def _linear(folder: Path, config: dict[str, Any]) -> LinearModel:
    # Read by hand: `load_linear` knows the present names only.
    tensors = load_file(folder / LINEAR)
    renamed = {"idf": "weights", "contributions": "addends", "bias": "bias"}
    return LinearModel(
        max_ngram=config["words"],
        fingerprints=tensors["fingerprints"],
        **{name: tensors[old].astype(np.float32) for name, old in renamed.items()},
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m charcnn.convert", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("new_folder", type=Path)
    arguments = parser.parse_args()
    convert(arguments.folder, arguments.new_folder)
