"""Networks with the weights of a finished model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from charcnn.artefact import ArtefactError, read_manifest
from charcnn.network import CharCNN
from charcnn.weights import load_weights

from opine_training.lineage import LINEAGE_MANIFEST
from opine_training.lineage.artefact import read_lineage
from opine_training.networks.build import build_network

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.lineage.network import LineageNetwork
    from torch import nn

    from opine_training.config.training import TrainConfig


def load_trained(folder: Path) -> CharCNN | LineageNetwork:
    """The network of a model of either kind, without a linear part or a calibration.

    Raises:
        ArtefactError: the folder holds none.
    """
    if (folder / LINEAGE_MANIFEST).exists():
        return read_lineage(folder)[1]
    config = read_manifest(folder).network
    network = CharCNN(config)
    network.load_state_dict({name: torch.from_numpy(each) for name, each in load_weights(folder, config).items()})
    return network


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
