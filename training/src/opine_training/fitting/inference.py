"""Logits of many texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus
    from opine_training.networks.encoding import Encoding

_BATCH_CHARACTERS = 65536


def predict_logits(network: torch.nn.Module, encoding: Encoding, corpus: Corpus) -> NDArray[np.float32]:
    """Shape (N, K), in the order of the corpus, on the device where the network is."""
    logits = np.empty((len(corpus), encoding.classes), np.float32)
    for places in _parts(encoding.cost(corpus.lengths)):
        logits[places] = _read(network, encoding, [corpus.text_symbols(place) for place in places])
    return logits


def read_logits(network: torch.nn.Module, encoding: Encoding, texts: Sequence[str]) -> NDArray[np.float32]:
    """Shape (N, K), of texts that are in no corpus."""
    symbols = [encoding.encode(text) for text in texts]
    logits = np.empty((len(texts), encoding.classes), np.float32)
    for places in _parts(encoding.cost(np.array([len(text) for text in symbols], np.int64))):
        logits[places] = _read(network, encoding, [symbols[place] for place in places])
    return logits


def _parts(cost: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(cost, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(np.cumsum(cost[order]) // _BATCH_CHARACTERS)) + 1)


@torch.inference_mode()
def _read(network: torch.nn.Module, encoding: Encoding, texts: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    network.eval()
    device = next(network.parameters()).device
    inputs = (each.to(device) if isinstance(each, torch.Tensor) else each for each in encoding.inputs(texts, None))
    logits: NDArray[np.float32] = network(*inputs).float().cpu().numpy()
    return logits
