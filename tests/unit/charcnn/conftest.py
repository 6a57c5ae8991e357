from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from charcnn.config import Calibration, NetworkConfig
from charcnn.export import export
from charcnn.features import pack
from charcnn.linear import LinearModel, word_ngrams
from charcnn.network import CharCNN
from charcnn.text import encode

if TYPE_CHECKING:
    from pathlib import Path


_KNOWN = "very good shop! never again, not good at all. the staff's been great"


@pytest.fixture(scope="session")
def network_config() -> NetworkConfig:
    return NetworkConfig(embedding=8, ngrams=((3, 64),), word_rows=128, width=16, dilations=(1, 2))


@pytest.fixture(scope="session")
def linear() -> LinearModel:
    """Knows the n-grams of a few words."""
    known = word_ngrams(pack([encode(_KNOWN).symbols], stride=1, gap=0), 3)
    fingerprints = np.unique(known.fingerprints)
    rng = np.random.default_rng(0)
    idf = rng.uniform(1, 9, len(fingerprints)).astype(np.float16).astype(np.float32)
    contributions = rng.normal(0, 3, (len(fingerprints), 5)).astype(np.float16).astype(np.float32)
    return LinearModel(
        max_ngram=3,
        fingerprints=fingerprints,
        idf=idf,
        contributions=contributions,
        bias=np.array([0.5, 0, 0, 0, 1], np.float32),
    )


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory, network_config: NetworkConfig, linear: LinearModel) -> Path:
    """A small untrained model with weights large enough that its answers differ."""
    torch.manual_seed(0)
    network = CharCNN(network_config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)
        network.bias.copy_(torch.tensor([0.5, -0.5, 0.0, 0.25, 1.0]))
    folder = tmp_path_factory.mktemp("artefact") / "model"
    calibration = Calibration(temperature=1.5, star_bias=(0.1, 0, 0, 0, -0.1), label_offsets=(0.1, 0.4, 0))
    export(
        network,
        linear,
        folder,
        name="tiny",
        version="9.9.9",
        calibration=calibration,
        training={},
        metrics={},
        card="# tiny\n",
    )
    return folder
