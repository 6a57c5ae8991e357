"""What a step reads.

All randomness follows from the seed, the epoch, the step and the place in it: a step is the same whoever prepares it,
however many processes share it and however often a run was interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from opine_training.augmentation.augment import augment
from opine_training.fitting.sampling import epoch_places, steps
from opine_training.losses import Targets, class_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.config.training import TrainConfig
    from opine_training.data.corpus import Corpus
    from opine_training.fitting.processes import Processes
    from opine_training.fitting.soft_targets import SoftTargets
    from opine_training.networks.encoding import Encoding, Inputs


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's part of a step."""

    inputs: Inputs
    targets: Targets
    weights: torch.Tensor
    """Shape (N,)."""
    total: float
    """Weight of the whole step, over all processes."""

    def to(self, device: torch.device) -> Batch:
        soft = self.targets.soft
        return Batch(
            tuple(each.to(device) if isinstance(each, torch.Tensor) else each for each in self.inputs),
            Targets(self.targets.classes.to(device), None if soft is None else soft.to(device)),
            self.weights.to(device),
            self.total,
        )


class Epoch(torch.utils.data.Dataset[Batch]):
    """The steps of an epoch by number."""

    def __init__(
        self,
        corpus: Corpus,
        encoding: Encoding,
        config: TrainConfig,
        number: int,
        *,
        processes: Processes,
        soft_targets: SoftTargets | None = None,
    ) -> None:
        self._corpus = corpus
        self._encoding = encoding
        self._config = config
        self.number = number
        self._processes = processes
        self._soft_targets = soft_targets
        self._classes = encoding.classes_of(corpus.stars)
        places = epoch_places(self._classes, config.sampling, config.seed, number)
        cost = encoding.cost(np.minimum(corpus.lengths[places], config.augmentation.longest))
        self._steps = steps(places, cost, config.sampling, np.random.default_rng([config.seed, number]))
        counts = torch.from_numpy(np.bincount(self._classes[places], minlength=encoding.classes))
        self._class_weights = class_weights(counts, config.loss.class_balance)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> Batch:
        step = self._steps[number]
        total = float(self._class_weights[self._classes[step]].sum())
        ours = np.arange(len(step))[self._processes.rank :: self._processes.count]
        idle = not len(ours)  # a step of fewer texts than processes: somebody reads one that counts for nothing
        ours = ours if not idle else np.zeros(1, np.int64)
        places = step[ours]
        read = [
            self._read(int(place), np.random.default_rng([self._config.seed, self.number, number, int(position)]))
            for place, position in zip(places, ours, strict=True)
        ]
        rng = np.random.default_rng([self._config.seed, self.number, number, len(step) + self._processes.rank])
        classes = torch.from_numpy(self._classes[places])
        soft = torch.from_numpy(np.stack([opinion for _, opinion in read])) if self._soft_targets else None
        return Batch(
            self._encoding.inputs([text for text, _ in read], rng),
            Targets(classes, soft),
            self._class_weights[classes] * (not idle),
            total,
        )

    def _read(self, place: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """What is read of a text, and the teacher's logits of that, NaN where there are none."""
        text, config = self._corpus.text_symbols(place), self._config.augmentation
        silent = np.full(self._encoding.classes, np.nan, np.float32)
        if self._soft_targets is None:
            return augment(text, config, rng), silent
        opinion = self._soft_targets.choose(int(self._corpus.digests[place]), config.prefix_share, rng)
        if opinion is None:
            return augment(text, config, rng), silent
        return augment(text[opinion.begin : opinion.end], config, rng, whole=False), opinion.logits
