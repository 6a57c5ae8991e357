"""Six convolutions and three dense layers over 1,014 characters; parameter names are the original's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from charcnn.lineage.encoding import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIN_LENGTH = 123


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageConfig:
    max_length: int = 1014
    classes: int = 3
    dropout_input: float = 0.0
    """Share of character positions zeroed while training."""

    def __post_init__(self) -> None:
        if self.max_length < _MIN_LENGTH:
            raise ValueError(f"max_length must be at least {_MIN_LENGTH}, the receptive field, got {self.max_length}")


class LineageNetwork(nn.Module):
    """Raw logits, shape (N, classes), of places in the alphabet, shape (N, max_length)."""

    def __init__(self, config: LineageConfig) -> None:
        super().__init__()
        self.config = config
        self.dropout_input = nn.Dropout1d(config.dropout_input)
        self.conv1 = _convolution(len(ALPHABET), 7, pool=True)
        self.conv2 = _convolution(256, 7, pool=True)
        self.conv3 = _convolution(256, 3)
        self.conv4 = _convolution(256, 3)
        self.conv5 = _convolution(256, 3)
        self.conv6 = _convolution(256, 3, pool=True)
        self.fc1 = _dense(256 * pooled_length(config.max_length), 1024)
        self.fc2 = _dense(1024, 1024)
        self.fc3 = nn.Linear(1024, config.classes)
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.05)

    def forward(self, places_NL: Tensor) -> Tensor:
        one_hot_NLC = functional.one_hot(places_NL.long(), len(ALPHABET) + 1)[:, :, :-1].to(self.fc3.weight.dtype)
        x = self.dropout_input(one_hot_NLC).transpose(1, 2)
        convolutions: Sequence[nn.Module] = (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5, self.conv6)
        for convolution in convolutions:
            x = convolution(x)
        logits: Tensor = self.fc3(self.fc2(self.fc1(torch.flatten(x, 1))))
        return logits


def pooled_length(max_length: int) -> int:
    """Positions that are left after the last pooling."""
    first = (max_length - 6) // 3
    second = (first - 6) // 3
    return (second - 8) // 3


def _convolution(channels: int, kernel: int, *, pool: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv1d(channels, 256, kernel), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool1d(3)) if pool else nn.Sequential(*layers)


def _dense(features: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Dropout(0.5))
