"""Logits for a whole corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from opine_training.batches import evaluation_batch

if TYPE_CHECKING:
    from charcnn.network import CharCNN
    from numpy.typing import NDArray

    from opine_training.corpus import Corpus

_BATCH_CHARACTERS = 65536


@torch.inference_mode()
def predict_logits(model: CharCNN, corpus: Corpus) -> NDArray[np.float32]:
    """Shape (N, 5), in the order of the corpus."""
    model.eval()
    lengths = np.diff(corpus.offsets)
    order = np.argsort(lengths, kind="stable")
    part = np.cumsum(lengths[order]) // _BATCH_CHARACTERS
    logits = np.empty((len(corpus), 5), np.float32)
    for index in np.split(order, np.flatnonzero(np.diff(part)) + 1):
        batch = evaluation_batch(corpus, index, model.config)
        logits[index] = model(batch.rows, batch.cell_text, batch.texts).numpy()
    return logits
