from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from charcnn.network import CharCNN
from opine_training import loop
from opine_training.batches import epoch_order
from opine_training.calibrate import calibrated_log_loss
from opine_training.checkpoint import Progress, load_checkpoint, save_checkpoint
from opine_training.config import TrainConfig
from opine_training.corpus import Columns
from opine_training.dataset import Dataset, read_dataset
from opine_training.inference import predict_logits
from opine_training.loop import Training

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig

CONFIG = TrainConfig(epochs=3, batch_characters=2048, learning_rate=2e-2, tuning_share=0.1, checkpoint_minutes=0)


@pytest.fixture(scope="module")
def dataset(reviews_csv: Path) -> Dataset:
    return read_dataset(reviews_csv, Columns(), {}, CONFIG.tuning_share)


def training(dataset: Dataset, network: NetworkConfig, folder: Path, config: TrainConfig = CONFIG) -> Training:
    return Training(network, config, dataset.train, dataset.tuning, folder)


def test_a_small_set_is_learned(dataset: Dataset, small_network: NetworkConfig, tmp_path: Path) -> None:
    model = training(dataset, small_network, tmp_path).run()
    stars = dataset.validation.stars
    assert calibrated_log_loss(predict_logits(model, dataset.validation), stars) < 0.3
    assert calibrated_log_loss(predict_logits(CharCNN(small_network), dataset.validation), stars) > 1.4


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_as_if_it_had_not_been(
    dataset: Dataset, small_network: NetworkConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = training(dataset, small_network, tmp_path / "whole").run()
    save, written = save_checkpoint, 0

    def kill_after_a_few(*args: object) -> None:
        nonlocal written
        save(*args)  # type: ignore[arg-type]
        written += 1
        if written in (5, 11, 30):
            raise KilledError

    monkeypatch.setattr(loop, "save_checkpoint", kill_after_a_few)
    for _ in range(3):
        with pytest.raises(KilledError):
            training(dataset, small_network, tmp_path / "killed").run()
    resumed = training(dataset, small_network, tmp_path / "killed").run()
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_training_stops_when_nothing_improves(
    dataset: Dataset, small_network: NetworkConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "calibrated_log_loss", lambda *_: 0.5)
    config = TrainConfig(epochs=9, batch_characters=2048, tuning_share=0.1, patience=1)
    run = training(dataset, small_network, tmp_path, config)
    run.run()
    model = CharCNN(small_network)
    progress = load_checkpoint(tmp_path, model, torch.optim.AdamW(model.parameters()))
    assert isinstance(progress, Progress)
    assert progress.epoch == 2


def test_batches_hold_every_text_once_within_their_size() -> None:
    lengths = np.random.default_rng(0).integers(1, 500, 1000)
    order = epoch_order(lengths, 2000, np.random.default_rng(1))
    assert sorted(np.concatenate(order).tolist()) == list(range(1000))
    assert max(lengths[batch].sum() for batch in order) <= 2000 + 500


def test_a_configuration_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="dropout must be in"):
        TrainConfig(dropout=1.5)
