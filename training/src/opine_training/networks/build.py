from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from charcnn.legacy_2019 import Legacy2019Config, Legacy2019Network
from charcnn.network import CharCNN

from opine_training.networks.charcnn import CharCNNEncoding
from opine_training.networks.lineage import LineageEncoding

if TYPE_CHECKING:
    from torch import nn

    from opine_training.config.training import TrainConfig
    from opine_training.networks.encoding import Encoding


def build_network(config: TrainConfig) -> nn.Module:
    if isinstance(config.network, Legacy2019Config):
        return Legacy2019Network(config.network)
    return CharCNN(config.network, dropout=config.dropout)


def build_encoding(config: TrainConfig) -> Encoding:
    if isinstance(config.network, Legacy2019Config):
        return LineageEncoding(config.network)
    return CharCNNEncoding(config.network, config.look_up_dropout)


def build_seeded(config: TrainConfig) -> nn.Module:
    """The network that a run of this configuration starts from."""
    torch.manual_seed(config.seed)
    return build_network(config)
