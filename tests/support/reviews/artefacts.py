"""Tiny models as the registry takes them."""

import shutil
from pathlib import Path

import torch
from charcnn.archive import pack
from charcnn.artefact import artefact_digest, read_manifest
from charcnn.config import Calibration, NetworkConfig
from charcnn.export import export
from charcnn.network import CharCNN


class Artefact:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = read_manifest(folder)
        self.digest = artefact_digest(folder, manifest)
        self.packed = pack(folder)
        self.name = {"name": manifest.name, "version": manifest.version, "digest": self.digest}


def three_versions_and_an_impostor(folder: Path) -> list[Artefact]:
    """The last one says that it is the first."""
    network = CharCNN(NetworkConfig(embedding=8, ngrams=((3, 64),), word_rows=64, width=16, dilations=(1,)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    export(
        network,
        None,
        folder / "one",
        name="tiny",
        version="1.0.0",
        calibration=Calibration(),
        training={"data_sha256": "f" * 64},
        metrics={"accuracy": 0.5},
        card="# one",
    )
    return [
        Artefact(folder / "one"),
        _changed(folder, "two", '"1.1.0"'),
        _changed(folder, "three", '"1.2.0"'),
        _changed(folder, "an impostor", '"1.0.0"'),
    ]


def _changed(folder: Path, card: str, version: str) -> Artefact:
    shutil.copytree(folder / "one", folder / card)
    manifest = folder / card / "model.json"
    manifest.write_text(manifest.read_text().replace('"1.0.0"', version))
    (folder / card / "README.md").write_text(f"# {card}")
    return Artefact(folder / card)
