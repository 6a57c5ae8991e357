"""Every option of a run, as small frozen classes: how reviews are read, what is learned, and on what hardware."""

from __future__ import annotations

import argparse
import inspect
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  tyro and pydantic ask for the type
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import tyro
from charcnn.config import NetworkConfig
from charcnn.legacy_2019 import Legacy2019Config
from charcnn.prediction import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence


def require_shares(config: object, *names: str) -> None:
    """Raises ValueError where a field is not in [0, 1]."""
    for name in names:
        value = getattr(config, name)
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def require_positive(config: object, *names: str) -> None:
    """Raises ValueError where a field is not above 0."""
    for name in names:
        value = getattr(config, name)
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")


LabelScheme = Literal["auto", "stars", "ten", "names", "two"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns' names in a review file."""

    text: str = "text"
    rating: str = "rating"
    split: str = "split"
    """Says train, val or test; where a file has no such column, a hash of the text decides."""
    source: str = ""
    """Says where a row comes from; empty: the file's name says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfig:
    """How review files are read."""

    columns: Columns = field(default_factory=Columns)
    labels: LabelScheme = "auto"
    """`stars` 1-5; `ten` 1-10, halved and rounded up; `names` bad, average, good; `two` 0 or 1, to evaluate only.
    `auto` sees names, takes a file of nothing but 0 and 1 for two classes and any other for stars."""
    encoding: str = "utf-8"
    separator: str = ","
    max_rows: int = 0
    """Most rows read of a file, for a quick try; 0 reads all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionConfig:
    """Which rows are learned from."""

    cap: dict[str, int] = field(default_factory=dict)
    """Most training rows of a source, as pairs of its name and a number."""
    share: float = 1.0
    """Share of the training rows within the caps, by text hash: less for a quick look or an ablation."""
    # Some 6,900 of 0.3.1's rows. With a tenth of them accuracy spreads by 0.01 from run to run (docs/model.md).
    tuning_share: float = 0.04
    """Share of the training rows, by text hash, kept for early stopping and calibration."""
    near_duplicates: float = 0.8
    """Training rows whose estimated Jaccard similarity to a held-out text reaches this are left out; 0 keeps them."""
    phrases: int = 0
    """Short English texts of our own that the network learns beside the reviews, with all stars that are right as soft
    targets: negation, contrast, comparison, star words."""

    def __post_init__(self) -> None:
        require_shares(self, "share", "tuning_share", "near_duplicates")


ClassSampling = Literal["all", "cut", "drawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingConfig:
    """Which rows an epoch reads and how they share batches."""

    classes: ClassSampling = "all"
    """`all` rows once; `cut` leaves every class as many as the rarest has; `drawn` draws as many rows as there are,
    each class as often as another, with replacement."""
    ratio: float = 1.0
    """Of `cut`: most rows of a class, in multiples of the rarest class's."""
    # By characters, since a step's time and memory follow from them: some 55 reviews of average length.
    batch_characters: int = 16384
    """Characters a step, over all processes; texts of like length share one."""
    batch_texts: int = 0
    """Texts a step, instead of characters; 0 counts characters."""

    def __post_init__(self) -> None:
        require_positive(self, "ratio", "batch_characters")
        if self.batch_texts < 0:
            raise ValueError(f"batch_texts must not be negative, got {self.batch_texts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationConfig:
    """How texts are changed while training, each share drawn anew at every reading."""

    prefix_share: float = 0.3
    """Share of texts cut short at random, since the product reads unfinished ones."""
    # One review of 37 is longer; read whole, it would make a step of few texts.
    longest: int = 1024
    """Longest stretch of a text that a step reads, from its start or its end by turns."""
    typo_share: float = 0.0
    """Share of texts that get typos."""
    typo_rate: float = 0.05
    """Share of their characters that are swapped, dropped, doubled or mistyped."""
    upper_share: float = 0.0
    """Share of texts in capitals."""
    lower_share: float = 0.0
    """Share of texts in small letters."""
    bare_share: float = 0.0
    """Share of texts without punctuation."""

    def __post_init__(self) -> None:
        require_shares(self, "prefix_share", "typo_share", "typo_rate", "upper_share", "lower_share", "bare_share")
        require_positive(self, "longest")


LossKind = Literal["cross_entropy", "focal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """What a step minimises."""

    kind: LossKind = "cross_entropy"
    """`focal` (Lin et al. 2017) weighs down what is already right."""
    label_smoothing: float = 0.05
    """Share of the target spread evenly over the classes; of the cross entropy only."""
    gamma: float = 2.0
    """Exponent of the focal loss; 0 is the cross entropy."""
    alpha: float = 1.0
    """A constant factor of the focal loss, as in 2019."""
    # Half-way. Of 100 reviews 59 have five stars and 3 have two: balanced in full, one of two would weigh eighteen
    # times one of five; so it is four times.
    class_balance: float = 0.5
    """A text weighs frequency ** -class_balance of its class: 0 leaves the classes as they come, 1 balances them."""
    soft_targets: Path | None = None
    """A teacher's logits as `opine_training.sampling.SoftTargets` reads them."""
    soft_weight: float = 0.0
    """Share of the teacher's distribution in the loss (Hinton et al. 2015), where it has labelled the text."""
    soft_temperature: float = 2.0
    """Both distributions are softened by it before they are compared."""

    def __post_init__(self) -> None:
        require_shares(self, "label_smoothing", "soft_weight")
        require_positive(self, "soft_temperature", "alpha")
        if self.gamma < 0:
            raise ValueError(f"gamma must not be negative, got {self.gamma}")


OptimiserKind = Literal["adamw", "adam", "sgd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    """How weights follow gradients."""

    kind: OptimiserKind = "adamw"
    learning_rate: float = 2e-3
    """Its peak, whatever the schedule; `find-lr` proposes one."""
    momentum: float = 0.9
    """Of SGD only."""
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    """Longest gradient, in the Euclidean norm; 0 lets it be."""

    def __post_init__(self) -> None:
        require_positive(self, "learning_rate")
        require_shares(self, "momentum", "weight_decay")
        if self.clip_norm < 0:
            raise ValueError(f"clip_norm must not be negative, got {self.clip_norm}")


ScheduleKind = Literal["one_cycle", "cyclical", "step", "constant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConfig:
    """How the learning rate changes over a run."""

    kind: ScheduleKind = "one_cycle"
    """`one_cycle` rises and falls once (Smith and Topin 2018), `cyclical` is the triangle of Smith 2017, `step` halves
    the rate again and again as in 2019."""
    warmup: float = 0.1
    """Share of all steps until the peak of one_cycle."""
    # 2019's, as its command line suggested it.
    lowest: float = 1.7e-3
    """Lower corner of the cyclical triangle; the learning rate is the upper one."""
    step_epochs: float = 3.0
    """Epochs until `step` halves the rate; half a cycle of `cyclical`."""

    def __post_init__(self) -> None:
        require_shares(self, "warmup")
        require_positive(self, "lowest", "step_epochs")


DeviceName = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]
Switch = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareConfig:
    """What a run computes on. It is no part of the run: one that goes on may have other hardware."""

    device: DeviceName = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Precision = "auto"
    """Of the forward pass: `auto` is bfloat16 where the device computes in it, float32 elsewhere."""
    compile: Switch = "auto"
    """torch.compile: `auto` on a GPU only, since the first steps take a minute."""
    # None, for a CPU: there the step itself has all cores.
    workers: int = 0
    """Processes that prepare batches ahead; they change nothing in the result. 2-4 keep a GPU busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearPartConfig:
    """A linear model of frequent word n-grams, whose logits are added to the default network's."""

    # Neither 300,000 of them nor n-grams of four words gain anything (docs/model.md).
    entries: int = 100_000
    """Known word n-grams: those that stand in the most texts. 0 leaves the linear part out."""
    words: int = 3
    """Words of the longest n-gram."""
    least_texts: int = 3
    """Texts that an n-gram must stand in."""
    passes: int = 12
    """How often the training rows are read."""
    alpha: float = 8e-6
    """Strength of the L2 penalty."""

    def __post_init__(self) -> None:
        require_positive(self, "words", "least_texts", "passes", "alpha")
        if self.entries < 0:
            raise ValueError(f"entries must not be negative, got {self.entries}")


Criterion = Literal["calibrated_loss", "weighted_f1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """What a run's result depends on beside its data; kept in the run's folder and compared when it goes on."""

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
    start_share: float = 0.0
    """Of a run that starts from `--weights`: their share in the mean of weights that is exported, so that what was
    learned last costs less of what was known before (Wortsman et al. 2022)."""
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
        require_shares(self, "dropout", "look_up_dropout", "start_share")
        require_positive(self, "epochs")
        if isinstance(self.network, Legacy2019Config) and self.network.classes != len(LABELS):
            raise ValueError(f"network.classes must be {len(LABELS)}, got {self.network.classes}")
        if self.patience < 0 or self.checkpoint_minutes < 0:
            raise ValueError("patience and checkpoint_minutes must not be negative")


ConfigName = Literal["default", "legacy_2019", "lineage"]
"""`lineage` is what `legacy_2019` was called before."""


def named(name: ConfigName) -> TrainConfig:
    """The defaults that `--config` names."""
    return TrainConfig() if name == "default" else legacy_2019_config()


def legacy_2019_config() -> TrainConfig:
    """The network and the recipe of 2019, as its released English model was trained.

    SGD with momentum, its rate halved every three epochs; 128 texts a batch, classes cut to the rarest one's size;
    cross entropy; the epoch with the best weighted F1 is kept and nothing stops early. Its other options (focal loss,
    cyclical rates, the sampler) were off; `opine_training.legacy_2019.translate` maps what turned them on.
    """
    # Every field that today's defaults would change is named, whether or not it has the same value now.
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


flat = tyro.conf.arg(name="")
"""Marks a field whose options keep their own names: `--cap`, not `--selection.cap`."""
Command = TypeVar("Command")


def parse(command: type[Command], name: str, arguments: Sequence[str], default: Command | None = None) -> Command:
    """A command's options; its docstring opens the help."""
    return tyro.cli(
        command,
        prog=f"python -m opine_training {name}",
        description=inspect.getdoc(command),
        args=arguments,
        # tyro's mark for "no default here", which lets the fields keep theirs.
        default=tyro.MISSING_NONPROP if default is None else default,
    )


def config_name(arguments: Sequence[str]) -> ConfigName:
    """The value of --config, looked up ahead: the other options' defaults follow from it."""
    # Without abbreviations and help, both of which are for the real parser; a wrong value is its matter, too.
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--config", default="default")
    return "legacy_2019" if parser.parse_known_args(arguments)[0].config in {"legacy_2019", "lineage"} else "default"
