from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from opine_training.config.optimiser import OptimiserConfig


def build_optimiser(network: torch.nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    match config.kind:
        case "adamw":
            return torch.optim.AdamW(network.parameters(), rate, weight_decay=decay, fused=True)
        case "adam":
            return torch.optim.Adam(network.parameters(), rate, weight_decay=decay, fused=True)
        case "sgd":
            return torch.optim.SGD(network.parameters(), rate, config.momentum, weight_decay=decay, fused=True)
