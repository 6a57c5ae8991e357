"""The network of 2019, exactly: how it read a text, its layers, its score. A configuration and a measured baseline.

Facts after MarwanDebbiche/post-tuto-deployment and ahmedbesbes/character-based-cnn (both MIT); architecture after
Zhang, Zhao and LeCun 2015, the small variant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+ =<>()[]{}"
PADDING: Final = len(ALPHABET)
"""The index of an all-zero column."""

_MIN_LENGTH = 123  # leaves one position after the last pooling: see `pooled_length`
_UNKNOWN = 255
_TABLE = np.full(128, _UNKNOWN, np.uint8)
_TABLE[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))


def encode(text: str, max_length: int = 1014) -> NDArray[np.uint8]:
    """Indices in the alphabet, shape (max_length,), `PADDING` past the end.

    Lower-cased, stripped, unknown characters removed, reversed, cut, padded. The text is reversed before it is cut, so
    a long review keeps its end, and padding follows its first character.
    """
    known = text.lower().strip().encode("ascii", errors="ignore")
    indices = _TABLE[np.frombuffer(known, np.uint8)]
    indices = indices[indices != _UNKNOWN][::-1][:max_length]
    return np.pad(indices, (0, max_length - len(indices)), constant_values=PADDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy2019Config:
    """Sizes of the network.

    Raises:
        ValueError: `max_length` leaves nothing after the last pooling.
    """

    max_length: int = 1014
    """Characters that are read; Zhang's number, of which the poolings leave 34 positions and nothing over."""
    classes: int = 3
    dropout_input: float = 0.0
    """Share of character positions zeroed while training."""

    def __post_init__(self) -> None:
        if self.max_length < _MIN_LENGTH:
            raise ValueError(f"max_length must be at least {_MIN_LENGTH}, the receptive field, got {self.max_length}")


class Legacy2019Network(nn.Module):
    """Six convolutions and three dense layers; parameter names are the original's.

    Raw logits, shape (N, classes), of indices in the alphabet, shape (N, max_length).
    """

    def __init__(self, config: Legacy2019Config) -> None:
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
            # The paper's spread for its small network; biases keep PyTorch's, as they did in 2019.
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.05)

    def forward(self, indices_NL: Tensor) -> Tensor:
        one_hot_NLC = functional.one_hot(indices_NL.long(), len(ALPHABET) + 1)[:, :, :-1].to(self.fc3.weight.dtype)
        x = self.dropout_input(one_hot_NLC).transpose(1, 2)
        convolutions: Sequence[nn.Module] = (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5, self.conv6)
        for convolution in convolutions:
            x = convolution(x)
        logits: Tensor = self.fc3(self.fc2(self.fc1(torch.flatten(x, 1))))
        return logits


def pooled_length(max_length: int) -> int:
    """Positions that are left after the last pooling."""
    # Without padding a convolution of width k takes k - 1 positions: one of 7 takes 6, four of 3 take 8. Pools have 3.
    first = (max_length - 6) // 3
    second = (first - 6) // 3
    return (second - 8) // 3


def _convolution(channels: int, kernel: int, *, pool: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv1d(channels, 256, kernel), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool1d(3)) if pool else nn.Sequential(*layers)


def _dense(features: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Dropout(0.5))


def score(probabilities: Sequence[float]) -> float:
    """Score in [0, 1] of p(bad), p(average), p(good), jumps included; the first of equal classes wins.

    Bad: 0.33 (1 - p); average: 0.34 p + 0.33; good: 0.33 p + 0.67.
    """
    bad, average, good = probabilities
    highest = max(bad, average, good)
    if bad == highest:
        return 0.33 * (1 - bad)
    if average == highest:
        return (0.67 - 0.33) * average + 0.33
    return (1 - 0.67) * good + 0.67


def stars(scored: float) -> int:
    """Proposed stars, 1-5, of a score."""
    return min(int(scored * 5 + 1), 5)
