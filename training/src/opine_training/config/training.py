from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro
from charcnn.config import NetworkConfig
from charcnn.legacy_2019 import Legacy2019Config
from charcnn.prediction import LABELS

from opine_training.config.augmentation import AugmentationConfig
from opine_training.config.checks import require_positive, require_shares
from opine_training.config.linear import LinearPartConfig
from opine_training.config.loss import LossConfig
from opine_training.config.optimiser import OptimiserConfig
from opine_training.config.sampling import SamplingConfig
from opine_training.config.schedule import ScheduleConfig

Criterion = Literal["calibrated_loss", "weighted_f1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    seed: int = 1
    epochs: int = 5
    patience: int = 3
    """Epochs without a better one on the tuning rows before the run stops; 0 never stops early."""
    criterion: Criterion = "calibrated_loss"
    """What makes an epoch better: the loss once temperature and bias are fitted, or the F1 weighted by class size."""
    checkpoint_minutes: float = 3.0
    """Time between checkpoints within an epoch; one is written after each epoch in any case."""
    dropout: float = 0.3
    """Within the default network."""
    look_up_dropout: float = 0.3
    """Share of look-ups blanked, so that no single n-gram or word decides; of the default network."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    network: Annotated[NetworkConfig | Legacy2019Config, tyro.conf.AvoidSubcommands] = field(
        default_factory=NetworkConfig
    )
    linear: LinearPartConfig = field(default_factory=LinearPartConfig)

    def __post_init__(self) -> None:
        require_shares(self, "dropout", "look_up_dropout")
        require_positive(self, "epochs")
        if isinstance(self.network, Legacy2019Config) and self.network.classes != len(LABELS):
            raise ValueError(f"network.classes must be {len(LABELS)}, got {self.network.classes}")
        if self.patience < 0 or self.checkpoint_minutes < 0:
            raise ValueError("patience and checkpoint_minutes must not be negative")
