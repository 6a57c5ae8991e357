"""The configurations by name."""

from __future__ import annotations

from typing import Literal

from charcnn.legacy_2019 import Legacy2019Config

from opine_training.config.augmentation import AugmentationConfig
from opine_training.config.linear import LinearPartConfig
from opine_training.config.loss import LossConfig
from opine_training.config.optimiser import OptimiserConfig
from opine_training.config.sampling import SamplingConfig
from opine_training.config.schedule import ScheduleConfig
from opine_training.config.training import TrainConfig

ConfigName = Literal["default", "lineage"]


def named(name: ConfigName) -> TrainConfig:
    return lineage() if name == "lineage" else TrainConfig()


def lineage() -> TrainConfig:
    """The network and the recipe of 2019, as its released English model was trained.

    SGD with momentum, its rate halved every three epochs; 128 texts a batch, classes cut to the rarest one's size;
    cross entropy; the epoch with the best weighted F1 is kept and nothing stops early. Its other options (focal loss,
    cyclical rates, the sampler) were off; `opine_training.lineage.arguments` maps what turned them on.
    """
    return TrainConfig(
        epochs=10,
        patience=0,
        criterion="weighted_f1",
        dropout=0.0,
        look_up_dropout=0.0,
        sampling=SamplingConfig(classes="cut", batch_texts=128),
        augmentation=AugmentationConfig(prefix_share=0.0, longest=1_000_000),
        loss=LossConfig(label_smoothing=0.0, class_balance=0.0),
        optimiser=OptimiserConfig(kind="sgd", learning_rate=0.01, momentum=0.9, weight_decay=0.0, clip_norm=0.0),
        schedule=ScheduleConfig(kind="step", step_epochs=3),
        network=Legacy2019Config(),
        linear=LinearPartConfig(entries=0),
    )
