from __future__ import annotations

from typing import TYPE_CHECKING

from opine_training.augmentation.case import lower, upper
from opine_training.augmentation.length import prefix, stretch
from opine_training.augmentation.punctuation import bare
from opine_training.augmentation.typos import typos

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from opine_training.config.augmentation import AugmentationConfig


def augment(
    symbols: NDArray[np.uint8], config: AugmentationConfig, rng: np.random.Generator, *, whole: bool = True
) -> NDArray[np.uint8]:
    """What a training step reads of a text.

    Args:
        symbols: shape (n,).
        config: how often each change is made.
        rng: of this text at this reading.
        whole: False for a piece that was cut before, which is cut no further.
    """
    if whole and rng.random() < config.prefix_share:
        symbols = prefix(symbols, rng)
    symbols = stretch(symbols, rng, config.longest)
    if rng.random() < config.bare_share:
        symbols = bare(symbols)
    case = rng.random()
    if case < config.upper_share:
        symbols = upper(symbols)
    elif case < config.upper_share + config.lower_share:
        symbols = lower(symbols)
    if rng.random() < config.typo_share:
        symbols = typos(symbols, rng, config.typo_rate)
    return symbols
