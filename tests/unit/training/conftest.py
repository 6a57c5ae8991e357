from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING

import pytest
import torch
from charcnn.config import NetworkConfig
from opine_training.config import (
    LinearPartConfig,
    OptimiserConfig,
    ReadConfig,
    SamplingConfig,
    SelectionConfig,
    TrainConfig,
)
from opine_training.corpus import Dataset, read_dataset
from opine_training.networks import build_encoding
from opine_training.splits import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from opine_training.teacher.encoder import Teacher

_WORDS = {
    1: ["terrible", "rude", "broken", "never", "refund"],
    2: ["poor", "late", "slow", "disappointing", "dirty"],
    3: ["okay", "average", "fine", "acceptable", "mixed"],
    4: ["nice", "helpful", "decent", "pleasant", "tidy"],
    5: ["wonderful", "perfect", "excellent", "love", "brilliant"],
}
_FILLERS = ["the", "shop", "staff", "was", "and", "my", "order", "it", "parcel", "very"]


torch.set_num_threads(1)  # batches this small lose more to a second thread than they win


@pytest.fixture(scope="session")
def small_config() -> TrainConfig:
    return TrainConfig(
        epochs=3,
        checkpoint_minutes=0,
        sampling=SamplingConfig(batch_characters=2048),
        optimiser=OptimiserConfig(learning_rate=2e-2),
        linear=LinearPartConfig(entries=500, passes=3, alpha=1e-3),
        network=NetworkConfig(embedding=8, ngrams=((3, 256),), word_rows=512, width=16, dilations=(1, 2)),
    )


@pytest.fixture(scope="session")
def reviews_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up reviews whose words give their stars away."""
    rng = random.Random(7)
    file = tmp_path_factory.mktemp("data") / "made_up.csv"
    with file.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "rating"])
        for _ in range(1500):
            stars = rng.randint(1, 5)
            words = rng.choices(_FILLERS, k=rng.randint(3, 12)) + rng.choices(_WORDS[stars], k=3)
            rng.shuffle(words)
            writer.writerow([" ".join(words) + f" {rng.randint(0, 10**6)}", stars])
    return file


@pytest.fixture(scope="session")
def dataset(reviews_csv: Path, small_config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    source = Source(reviews_csv, ReadConfig(), SelectionConfig(tuning_share=0.1))
    return read_dataset(source, build_encoding(small_config), tmp_path_factory.mktemp("corpus") / "cache")


@pytest.fixture(scope="session")
def tiny_teacher() -> Callable[[int], Teacher]:
    """Makes a teacher of few weights from a seed."""
    from opine_training.teacher.encoder import Teacher  # noqa: PLC0415  seconds, which most tests need not wait for
    from transformers import BertConfig  # noqa: PLC0415

    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        hidden_dropout_prob=0.05,
    )

    def build(seed: int) -> Teacher:
        torch.manual_seed(seed)
        return Teacher(config)

    return build
