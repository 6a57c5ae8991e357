"""The losses, one number a text. Shapes: N texts, K classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from opine_training.config.loss import LossConfig


@dataclass(frozen=True, slots=True)
class Targets:
    classes: Tensor
    """Shape (N,)."""
    soft: Tensor | None = None
    """A teacher's logits, shape (N, K); NaN in the rows that it has not read."""


def losses(logits_NK: Tensor, targets: Targets, config: LossConfig) -> Tensor:
    """What a text's logits cost, shape (N,): the chosen loss, mixed with the teacher's where there is one."""
    hard_N = _hard(logits_NK, targets.classes, config)
    if targets.soft is None or not config.soft_weight:
        return hard_N
    known_N = ~targets.soft.isnan().any(dim=1)
    soft_N = soft_cross_entropy(logits_NK, targets.soft.nan_to_num(), config.soft_temperature)
    return hard_N + config.soft_weight * known_N * (soft_N - hard_N)


def _hard(logits_NK: Tensor, classes_N: Tensor, config: LossConfig) -> Tensor:
    match config.kind:
        case "cross_entropy":
            return functional.cross_entropy(
                logits_NK, classes_N, label_smoothing=config.label_smoothing, reduction="none"
            )
        case "focal":
            return config.alpha * focal(logits_NK, classes_N, config.gamma)


def focal(logits_NK: Tensor, classes_N: Tensor, gamma: float) -> Tensor:
    """-(1 - p)^gamma log p of the true class (Lin et al. 2017)."""
    cross_entropy_N = functional.cross_entropy(logits_NK, classes_N, reduction="none")
    return (1 - (-cross_entropy_N).exp()).clamp_min(0) ** gamma * cross_entropy_N


def soft_cross_entropy(logits_NK: Tensor, teacher_NK: Tensor, temperature: float) -> Tensor:
    """T^2 times the Kullback-Leibler divergence from the softened teacher (Hinton et al. 2015)."""
    divergence_NK = functional.kl_div(
        functional.log_softmax(logits_NK / temperature, dim=1),
        functional.log_softmax(teacher_NK / temperature, dim=1),
        reduction="none",
        log_target=True,
    )
    return temperature**2 * divergence_NK.sum(dim=1)


def class_weights(counts_K: Tensor, balance: float) -> Tensor:
    """Frequency ** -balance of each class, scaled so that the mean over texts is 1."""
    frequency_K = counts_K.clamp_min(1) / counts_K.sum()
    weight_K = frequency_K**-balance
    return weight_K / (weight_K * frequency_K).sum()


def weighted_mean(values_N: Tensor, weights_N: Tensor, total: float) -> Tensor:
    """The sum of weighted values over the weight of the whole step, of which other processes may hold a part."""
    return torch.dot(values_N, weights_N) / total
