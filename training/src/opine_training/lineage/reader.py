from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.calibration import softmax
from charcnn.legacy_2019 import score, stars

from opine_training.evaluation.reading import Reading
from opine_training.fitting.inference import read_logits
from opine_training.lineage.artefact import read_lineage
from opine_training.networks.lineage import LineageEncoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charcnn.legacy_2019 import Legacy2019Network

    from opine_training.lineage.artefact import LineageManifest


class LineageReader:
    """Labels, scores and stars as they were in 2019: only the winning class counts."""

    def __init__(self, manifest: LineageManifest, network: Legacy2019Network) -> None:
        self.manifest = manifest
        self.name = manifest.name
        self.version = manifest.version
        self._network = network

    def read(self, texts: Sequence[str]) -> Reading:
        logits = read_logits(self._network, LineageEncoding(self.manifest.network), texts)
        probabilities = softmax(logits.astype(np.float64))
        scores = [score(each) for each in probabilities.tolist()]
        return Reading(
            probabilities,
            probabilities.argmax(axis=1),
            np.array(scores),
            np.array([stars(each) for each in scores], np.intp),
            self.manifest.uniform_prior_offsets,
        )


def load_lineage_reader(folder: Path) -> LineageReader:
    return LineageReader(*read_lineage(folder))
