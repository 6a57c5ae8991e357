"""The networks by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from charcnn.config import NetworkConfig
from charcnn.lineage.network import LineageConfig, LineageNetwork
from charcnn.network import CharCNN

if TYPE_CHECKING:
    from torch import nn

Name = Literal["default", "lineage"]


def build(name: Name) -> nn.Module:
    """A fresh network of a named configuration."""
    return LineageNetwork(LineageConfig()) if name == "lineage" else CharCNN(NetworkConfig())
