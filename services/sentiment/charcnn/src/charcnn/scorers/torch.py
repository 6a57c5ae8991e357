"""Cell scores by PyTorch, on a GPU where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

from charcnn.artefact import WEIGHTS, ArtefactError
from charcnn.network import CharCNN

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig


class TorchScorer:
    def __init__(self, folder: Path, config: NetworkConfig, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = CharCNN(config)
        try:
            self._network.load_state_dict(
                {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
            )
        except RuntimeError as error:
            raise ArtefactError(
                f"{folder / WEIGHTS} does not fit its configuration ({error}). Export the model again."
            ) from error
        self._network.to(self._device).eval()

    @torch.inference_mode()
    def cells(self, rows: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        rows_SF = torch.from_numpy(rows).to(self._device)
        mask_T1 = torch.from_numpy(mask).to(self._device).unsqueeze(1)
        cells: NDArray[np.float32] = self._network.cells(rows_SF, mask_T1).cpu().numpy()
        return cells
