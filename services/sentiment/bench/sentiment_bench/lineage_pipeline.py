"""The pipeline of 2019: each character looked up in a string, a one-hot matrix of 1,014 characters, eager PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.legacy_2019 import ALPHABET, Legacy2019Config, Legacy2019Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_LENGTH = 1014


def one_hot(text: str) -> NDArray[np.float32]:
    """Shape (69, 1014), made as it was made then."""
    matrix = np.zeros((_LENGTH, len(ALPHABET)), np.float32)
    known = [character for character in text.lower().strip() if character in ALPHABET]
    for row, character in enumerate(known[::-1][:_LENGTH]):
        matrix[row, ALPHABET.index(character)] = 1
    return matrix.T


def lineage_pipeline() -> Callable[[Sequence[str]], object]:
    """With weights at random, which cost what others do."""
    torch.manual_seed(0)
    network = Legacy2019Network(Legacy2019Config(max_length=_LENGTH)).eval()

    def predict(texts: Sequence[str]) -> object:
        with torch.no_grad():
            x = torch.from_numpy(np.stack([one_hot(text) for text in texts]))
            for layer in (network.conv1, network.conv2, network.conv3, network.conv4, network.conv5, network.conv6):
                x = layer(x)
            return torch.softmax(network.fc3(network.fc2(network.fc1(x.flatten(1)))), dim=1).numpy()

    return predict
