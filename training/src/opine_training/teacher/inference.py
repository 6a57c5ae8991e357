from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.config import STARS

from opine_training.teacher.tokens import batches, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.tokens import SpecialTokens

_BATCH_TOKENS = 8192


@torch.inference_mode()
def teacher_logits(
    network: Teacher, texts: Sequence[NDArray[np.uint16]], special: SpecialTokens, device: Device
) -> NDArray[np.float32]:
    """Shape (N, 5), of texts as word pieces."""
    network.eval()
    lengths = np.array([len(text) for text in texts], np.int64)
    logits = np.empty((len(texts), len(STARS)), np.float32)
    for batch in batches(lengths, _BATCH_TOKENS, np.argsort(lengths, kind="stable")):
        tokens_NL, mask_NL = padded([texts[place] for place in batch], special)
        with device.autocast():
            logits_NK = network(tokens_NL.to(device.device), mask_NL.to(device.device))
        logits[batch] = logits_NK.float().cpu().numpy()
    return logits
