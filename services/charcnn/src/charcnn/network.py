"""The network in PyTorch. Shapes: T cells, N texts, F look-ups a character, E embedding, C channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from charcnn.config import STARS
from charcnn.features import row_count
from charcnn.pooling import MAX_LOG_WEIGHT

if TYPE_CHECKING:
    from charcnn.config import NetworkConfig


class ResidualBlock(nn.Module):
    """x + W2 relu(W1 * x): a dilated convolution over three cells, then a mix of channels."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.convolution = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        with torch.no_grad():
            self.mix.weight.mul_(0.3)

    def forward(self, x_TC: Tensor, mask_T1: Tensor, dropout: float) -> Tensor:
        d = self.dilation
        padded = functional.pad(x_TC, (0, 0, d, d))
        window_T3C = torch.cat([padded[: -2 * d], x_TC, padded[2 * d :]], dim=1)
        hidden_TC = functional.dropout(functional.relu(self.convolution(window_T3C)), dropout, self.training)
        out: Tensor = (x_TC + self.mix(hidden_TC)) * mask_T1
        return out


class CharCNN(nn.Module):
    """Per-cell class scores and their weights; class activation mapping after Zhou et al. 2016."""

    def __init__(self, config: NetworkConfig, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        self.table = nn.EmbeddingBag(row_count(config), config.embedding, mode="sum", padding_idx=0)
        self.stem = nn.Linear(config.stride * config.embedding, config.width)
        self.blocks = nn.ModuleList(ResidualBlock(config.width, dilation) for dilation in config.dilations)
        self.head = nn.Linear(config.width, len(STARS) + 1)
        self.bias = nn.Parameter(torch.zeros(len(STARS)))
        with torch.no_grad():
            self.table.weight.mul_(0.1)
            self.table.weight[0] = 0

    def cells(self, rows_SF: Tensor, mask_T1: Tensor) -> Tensor:
        """Class scores and the logarithm of their weight for each cell, shape (T, 6)."""
        embedded_SE = functional.dropout(self.table(rows_SF), self.dropout, self.training)
        x_TC = functional.relu(self.stem(embedded_SE.view(mask_T1.shape[0], -1))) * mask_T1
        for block in self.blocks:
            x_TC = block(x_TC, mask_T1, self.dropout)
        scores: Tensor = self.head(functional.relu(x_TC))
        return scores

    def forward(self, rows_SF: Tensor, cell_text_T: Tensor, texts: int) -> Tensor:
        """Logits of the five stars, shape (N, 5): the weighted mean over a text's cells, plus a bias."""
        mask_T1 = (cell_text_T < texts).unsqueeze(1)
        cells_T6 = self.cells(rows_SF, mask_T1).float()
        scores_T5, log_weight_T = cells_T6[:, :-1], cells_T6[:, -1].clamp(-MAX_LOG_WEIGHT, MAX_LOG_WEIGHT)
        weight_T1 = (log_weight_T.exp() * mask_T1[:, 0]).unsqueeze(1)
        sums = torch.zeros(texts + 1, len(STARS) + 1, device=cells_T6.device)
        sums = sums.index_add(0, cell_text_T, torch.cat([scores_T5 * weight_T1, weight_T1], dim=1))
        mean_N5: Tensor = sums[:texts, :-1] / sums[:texts, -1:].clamp_min(1e-20)
        return mean_N5 + self.bias
