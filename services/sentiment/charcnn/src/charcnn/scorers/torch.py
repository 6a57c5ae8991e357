"""Cell scores by PyTorch, on a GPU where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from charcnn.network import CharCNN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.packing import Packed


class TorchScorer:
    def __init__(self, weights: Mapping[str, NDArray[np.float32]], config: NetworkConfig, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = CharCNN(config)
        self._network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.items()})
        self._network.to(self._device).eval()
        self.gap = config.gap

    @torch.inference_mode()
    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        rows_SF = torch.from_numpy(columns.T).to(self._device)
        mask_T1 = torch.from_numpy(packed.cell_text < len(packed.starts)).to(self._device).unsqueeze(1)
        cells: NDArray[np.float32] = self._network.cells(rows_SF, mask_T1).cpu().numpy()
        return cells
