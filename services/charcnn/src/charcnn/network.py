"""The network, described once: PyTorch trains it and runs it on GPUs, `charcnn.export` makes the ONNX graph from it.

Shapes: T cells, N texts, S symbols, F look-ups a symbol, E embedding, C channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from charcnn.artefact import WEIGHTS, ArtefactError
from charcnn.config import MAX_LOG_WEIGHT, STARS
from charcnn.features import row_count

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig

Windows = Callable[[Tensor, int], Tensor]
"""From cells (T, C) to each cell between its neighbours at a distance, (T, 3 C); outside its text there are zeros."""


def spaced_windows(mask_T1: Tensor) -> Windows:
    """For texts that are parted by blank cells, which the mask excludes: neighbours are slices of the whole.

    There may be dimensions before the cells.
    """

    def windows(x_TC: Tensor, distance: int) -> Tensor:
        masked_TC = x_TC * mask_T1
        padded = functional.pad(masked_TC, (0, 0, distance, distance))
        return torch.cat([padded[..., : -2 * distance, :], masked_TC, padded[..., 2 * distance :, :]], dim=-1)

    return windows


class ResidualBlock(nn.Module):
    """x + W2 relu(W1 * x): a dilated convolution over three cells, then a mix of channels."""

    # The convolution is a dense layer over windows, which the caller makes: by slices where blanks part the texts, by
    # index where they do not (`charcnn.export`). The weights are the same.
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.convolution = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        with torch.no_grad():
            # A block starts near the identity, so that a deep network begins as a shallow one.
            self.mix.weight.mul_(0.3)

    def forward(self, x_TC: Tensor, windows: Windows, dropout: float) -> Tensor:
        """Cells, (T, C), of cells; `dropout` is the share of hidden channels that training blanks."""
        convolved_TC = self.convolution(windows(x_TC, self.dilation))
        hidden_TC = functional.dropout(functional.relu(convolved_TC), dropout, self.training)
        out_TC: Tensor = x_TC + self.mix(hidden_TC)
        return out_TC


class CharCNN(nn.Module):
    """Per-cell class scores and their weights; class activation mapping after Zhou et al. 2016."""

    def __init__(self, config: NetworkConfig, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        # Row 0, the blank's, stays zero: it gets no gradient.
        self.table = nn.EmbeddingBag(row_count(config), config.embedding, mode="sum", padding_idx=0)
        self.stem = nn.Linear(config.stride * config.embedding, config.width)
        self.blocks = nn.ModuleList(ResidualBlock(config.width, dilation) for dilation in config.dilations)
        self.head = nn.Linear(config.width, len(STARS) + 1)
        self.bias = nn.Parameter(torch.zeros(len(STARS)))
        with torch.no_grad():
            # PyTorch draws rows with variance 1, and a symbol's rows are summed.
            self.table.weight.mul_(0.1)
            self.table.weight[0] = 0

    def score_cells(self, embedded_TE: Tensor, windows: Windows) -> Tensor:
        """Class scores and the logarithm of their weight for each cell, (T, 6), of its embedded symbols side by side.

        What it says of blank cells means nothing.
        """
        x_TC = functional.relu(self.stem(functional.dropout(embedded_TE, self.dropout, self.training)))
        for block in self.blocks:
            x_TC = block(x_TC, windows, self.dropout)
        scores_T6: Tensor = self.head(functional.relu(x_TC))
        return scores_T6

    def cells(self, rows_SF: Tensor, mask_T1: Tensor) -> Tensor:
        """Scores of texts that are parted by blank cells, (T, 6).

        Args:
            rows_SF: rows of the joint table (`look_up_rows`), S = T * stride.
            mask_T1: which cells belong to a text.
        """
        embedded_TE = self.table(rows_SF).view(mask_T1.shape[0], -1)
        return self.score_cells(embedded_TE, spaced_windows(mask_T1))

    def forward(self, rows_SF: Tensor, cell_text_T: Tensor, texts: int) -> Tensor:
        """Logits of the five stars, shape (N, 5): the weighted mean over a text's cells, plus a bias.

        Args:
            rows_SF: rows of the joint table.
            cell_text_T: which text a cell belongs to; `texts` for a blank one.
            texts: N.
        """
        mask_T1 = (cell_text_T < texts).unsqueeze(1)
        # Pooled in single precision even where the layers are not: a weight may be e^20, a half ends at 65,504.
        cells_T6 = self.cells(rows_SF, mask_T1).float()
        scores_T5, log_weight_T = cells_T6[:, :-1], cells_T6[:, -1].clamp(-MAX_LOG_WEIGHT, MAX_LOG_WEIGHT)
        weight_T1 = (log_weight_T.exp() * mask_T1[:, 0]).unsqueeze(1)
        # Blank cells fall into the last row, which is left out below.
        sums = torch.zeros(texts + 1, len(STARS) + 1, device=cells_T6.device)
        sums = sums.index_add(0, cell_text_T, torch.cat([scores_T5 * weight_T1, weight_T1], dim=1))
        # An empty text has no cells: its mean is 0 and it gets the bias alone. Any cell weighs at least e^-20, 2e-9.
        mean_N5: Tensor = sums[:texts, :-1] / sums[:texts, -1:].clamp_min(1e-20)
        return mean_N5 + self.bias


def load_network(folder: Path, config: NetworkConfig) -> CharCNN:
    """The network of an artefact, in single precision.

    Raises:
        ArtefactError: its weights are not those of the configuration.
    """
    network = CharCNN(config)
    file = folder / WEIGHTS
    try:
        network.load_state_dict(load_file(file))
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip().removesuffix(".")
        raise ArtefactError(f"{file} does not fit its configuration ({reason}). Export the model again.") from error
    return network
