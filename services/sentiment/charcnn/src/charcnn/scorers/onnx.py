"""Cell scores by ONNX Runtime on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from charcnn.artefact import GRAPH, ArtefactError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class OnnxScorer:
    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A worker that spins for its next task takes the core from the web server beside it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors share no base class
            raise ArtefactError(f"{folder / GRAPH} cannot be loaded ({error}). Export the model again.") from error

    def cells(self, rows: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        (cells,) = self._session.run(["cells"], {"rows": rows, "mask": mask[:, np.newaxis].astype(np.float32)})
        return np.asarray(cells, np.float32)
