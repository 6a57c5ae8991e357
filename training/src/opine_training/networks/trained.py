"""Networks with the weights of a finished model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charcnn.artefact import ArtefactError, read_manifest
from charcnn.network import load_network

from opine_training.lineage import LINEAGE_MANIFEST
from opine_training.lineage.artefact import read_lineage
from opine_training.networks.build import build_network

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.legacy_2019 import Legacy2019Network
    from charcnn.network import CharCNN
    from torch import nn

    from opine_training.config.training import TrainConfig


def load_trained(folder: Path) -> CharCNN | Legacy2019Network:
    """The network of a model of either kind, without a linear part or a calibration.

    Raises:
        ArtefactError: the folder holds none.
    """
    if (folder / LINEAGE_MANIFEST).exists():
        return read_lineage(folder)[1]
    return load_network(folder, read_manifest(folder).network)


def build_trained(config: TrainConfig, folder: Path) -> nn.Module:
    """The network of a configuration, with a finished model's weights.

    Raises:
        ArtefactError: the folder holds no model, or one of another form.
    """
    network, trained = build_network(config), load_trained(folder)
    if trained.config != config.network:
        raise ArtefactError(f"{folder} has another network than this run; see --network: it is {trained.config}")
    network.load_state_dict(trained.state_dict())
    return network
