from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from charcnn.legacy_2019 import Legacy2019Config
from opine_training import loop
from opine_training.calibration import calibrated_log_loss
from opine_training.commands.find_lr import range_test
from opine_training.config import (
    HardwareConfig,
    LossConfig,
    OptimiserConfig,
    ReadConfig,
    SamplingConfig,
    SelectionConfig,
    legacy_2019_config,
)
from opine_training.corpus import read_dataset
from opine_training.loop import Training
from opine_training.networks import build_encoding, build_network, build_seeded, predict_logits
from opine_training.optimisation import Device, NoDeviceError, Processes, resolve_device
from opine_training.runs import CheckpointError, Progress, read_progress, save_checkpoint
from opine_training.sampling import SoftTargets
from opine_training.splits import Source

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config import TrainConfig
    from opine_training.corpus import Dataset

CPU = Device(torch.device("cpu"), half=False, compiled=False)


def training(
    dataset: Dataset, config: TrainConfig, folder: Path, device: Device = CPU, soft: SoftTargets | None = None
) -> Training:
    folder.mkdir(exist_ok=True)
    encoding = build_encoding(config)
    return Training(
        config, build_seeded(config), encoding, dataset.train, dataset.tuning, folder, device, Processes(), soft
    )


def validation_loss(dataset: Dataset, config: TrainConfig, weights: dict[str, torch.Tensor] | None) -> float:
    torch.manual_seed(0)
    network, encoding = build_network(config), build_encoding(config)
    if weights:
        network.load_state_dict(weights)
    logits = predict_logits(network, encoding, dataset.validation)
    return calibrated_log_loss(logits, encoding.classes_of(dataset.validation.stars))


def test_a_small_set_is_learned(dataset: Dataset, small_config: TrainConfig, tmp_path: Path) -> None:
    progress = training(dataset, replace(small_config, checkpoint_minutes=9), tmp_path).run()
    assert validation_loss(dataset, small_config, progress.best) < 0.3
    assert validation_loss(dataset, small_config, None) > 1.4
    assert [each["training_loss"] for each in progress.history] == sorted(
        (each["training_loss"] for each in progress.history), reverse=True
    )
    assert any((tmp_path / "tensorboard").iterdir())


@pytest.mark.parametrize(
    "loss",
    [LossConfig(kind="focal"), LossConfig(soft_weight=1.0, soft_temperature=1.0)],
)
def test_every_loss_teaches(dataset: Dataset, small_config: TrainConfig, tmp_path: Path, loss: LossConfig) -> None:
    """The last one hears the teacher alone, which knows the stars."""
    soft = SoftTargets(np.array(dataset.train.digests), 6 * np.eye(5, dtype=np.float32)[dataset.train.stars])
    config = replace(small_config, loss=loss, checkpoint_minutes=9)
    progress = training(dataset, config, tmp_path, soft=soft if loss.soft_weight else None).run()
    assert validation_loss(dataset, small_config, progress.best) < 0.6


class KilledError(Exception):
    pass


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(
    dataset: Dataset, small_config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = training(dataset, small_config, tmp_path / "whole").run()
    save, written = save_checkpoint, 0

    def interrupt_after_a_few(*args: object) -> None:
        nonlocal written
        save(*args)  # type: ignore[arg-type]
        written += 1
        if written in (5, 11, 30):
            raise KilledError

    monkeypatch.setattr(loop, "save_checkpoint", interrupt_after_a_few)
    for _ in range(3):
        with pytest.raises(KilledError):
            training(dataset, small_config, tmp_path / "interrupted").run()
    resumed = training(dataset, small_config, tmp_path / "interrupted").run()
    assert whole.best is not None
    assert resumed.best is not None
    for name, tensor in whole.best.items():
        assert torch.equal(tensor, resumed.best[name]), name
    assert whole.history == resumed.history


def test_workers_change_nothing(dataset: Dataset, small_config: TrainConfig, tmp_path: Path) -> None:
    config = replace(small_config, epochs=1, checkpoint_minutes=9)
    alone = training(dataset, config, tmp_path / "alone").run()
    helped = training(dataset, config, tmp_path / "helped", replace(CPU, workers=2)).run()
    assert alone.history == helped.history


def test_training_stops_when_nothing_improves(
    dataset: Dataset, small_config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "calibrated_log_loss", lambda *_: 0.5)
    config = replace(small_config, epochs=9, patience=1, checkpoint_minutes=9)
    assert training(dataset, config, tmp_path / "stops").run().epoch == 2
    assert training(dataset, replace(config, patience=0, epochs=3), tmp_path / "does-not").run().epoch == 3
    assert read_progress(tmp_path / "stops").best_epoch == 0


def test_the_network_of_2019_is_trained_by_its_recipe(reviews_csv: Path, tmp_path: Path) -> None:
    config = legacy_2019_config()
    config = replace(
        config,
        epochs=1,
        network=Legacy2019Config(max_length=123),
        sampling=SamplingConfig(classes="cut", batch_texts=64),
        optimiser=OptimiserConfig(kind="adam", learning_rate=1e-3, weight_decay=0, clip_norm=0),
    )
    source = Source(reviews_csv, ReadConfig(max_rows=700), SelectionConfig(tuning_share=0.1))
    dataset = read_dataset(source, build_encoding(config), tmp_path / "corpus")
    progress = training(dataset, config, tmp_path).run()
    assert progress.history[0]["tuning"] == progress.best_value
    assert 0 < progress.best_value <= 1
    assert validation_loss(dataset, config, progress.best) < 1.05


def test_half_precision_learns_too(dataset: Dataset, small_config: TrainConfig, tmp_path: Path) -> None:
    config = replace(small_config, checkpoint_minutes=9)
    progress = training(dataset, config, tmp_path, replace(CPU, half=True)).run()
    assert validation_loss(dataset, small_config, progress.best) < 0.4


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_missed() -> None:
    with pytest.raises(NoDeviceError, match="no CUDA device"):
        resolve_device(HardwareConfig(device="cuda"))
    assert resolve_device(HardwareConfig(precision="float32")) == Device(
        torch.device("cpu"), half=False, compiled=False
    )


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no checkpoint\.pt"):
        read_progress(tmp_path)


def test_progress_is_kept_whole() -> None:
    assert Progress(**Progress(epoch=2).as_dict()) == Progress(epoch=2)


def test_a_range_test_finds_where_the_loss_falls_and_explodes(dataset: Dataset, small_config: TrainConfig) -> None:
    found = range_test(
        small_config,
        build_encoding(small_config),
        dataset.train,
        CPU,
        Processes(),
        lowest=1e-5,
        highest=1e3,
        steps=80,
    )
    assert 1e-4 < found.best < 1
    assert found.rates[-1] < 1e3
    assert min(found.losses) < found.losses[0]
