from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from charcnn.legacy_2019 import Legacy2019Config
from opine_training.config import TrainConfig, config_name, legacy_2019_config, named
from opine_training.legacy_2019 import (
    CHOICES,
    RENAMED,
    TOGETHER,
    UNCHANGED,
    WITHOUT_EFFECT,
    Legacy2019ArgumentError,
    translate,
)
from opine_training.runs import CHECKPOINT, RunError, keep_config, read_config

if TYPE_CHECKING:
    from pathlib import Path

OF_2019 = """
data_path validation_split label_column text_column max_rows chunksize encoding sep steps group_labels ignore_center
label_ignored ratio balance use_sampler alphabet number_of_characters extra_characters max_length dropout_input epochs
batch_size optimizer learning_rate class_weights focal_loss gamma alpha scheduler min_lr max_lr stepsize patience
early_stopping checkpoint workers log_path log_every log_f1 flush_history output model_name
"""


def test_every_argument_of_2019_is_known() -> None:
    known = [*RENAMED, *CHOICES, *TOGETHER, *UNCHANGED, *WITHOUT_EFFECT]
    assert sorted(known) == sorted(OF_2019.split())


def test_the_command_of_the_blog_is_translated() -> None:
    blog = (
        "--data_path ./data/tp_amazon.csv --validation_split 0.1 --label_column rating --text_column comment "
        "--max_length 1014 --dropout_input 0 --group_labels 1 --balance 1 --ignore_center 0 "
        "--model_name en_trustpilot --log_every 250"
    )
    current, without_effect = translate(["--config", "legacy_2019", *blog.split()])
    pairs = dict(zip(current[::2], current[1::2], strict=True))
    assert pairs == {
        "--config": "legacy_2019",
        "--data": "./data/tp_amazon.csv",
        "--columns.rating": "rating",
        "--columns.text": "comment",
        "--network.max-length": "1014",
        "--network.dropout-input": "0",
        "--sampling.classes": "cut",
        "--name": "en_trustpilot",
    }
    assert set(without_effect) == {"validation_split", "log_every"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--focal_loss", "1", "--gamma", "3"], {"--loss.kind": "focal", "--loss.gamma": "3"}),
        (["--early_stopping", "0", "--patience", "5"], {"--patience": "0"}),
        (["--early_stopping", "1"], {"--patience": "3"}),
        (["--patience", "4"], {"--patience": "4"}),
        (["--use_sampler", "1"], {"--sampling.classes": "drawn"}),
        (
            ["--scheduler", "clr", "--max_lr", "0.02", "--min_lr", "0.001", "--stepsize", "2"],
            {
                "--schedule.kind": "cyclical",
                "--schedule.step-epochs": "2",
                "--schedule.lowest": "0.001",
                "--optimiser.weight-decay": "1e-5",
                "--optimiser.learning-rate": "0.02",
            },
        ),
        (["--scheduler", "step", "--max_lr", "0.02"], {"--schedule.kind": "step"}),
    ],
)
def test_options_of_2019_mean_what_they_meant(given: list[str], expected: dict[str, str]) -> None:
    current, _ = translate(given)
    assert dict(zip(current[::2], current[1::2], strict=True)) == expected


def test_the_former_name_of_the_2019_configuration_is_accepted() -> None:
    assert named("lineage") == named("legacy_2019") != named("default")
    names = [config_name(["--config", name]) for name in ("lineage", "legacy_2019", "default")]
    assert names == ["legacy_2019", "legacy_2019", "default"]


@pytest.mark.parametrize("wrong", [("--group_labels", "0"), ("--optimizer", "lion"), ("--alphabet", "abc")])
def test_a_value_without_counterpart_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(Legacy2019ArgumentError, match="has no counterpart"):
        translate(wrong)


def test_legacy_2019_is_the_recipe_of_2019() -> None:
    config = legacy_2019_config()
    assert isinstance(config.network, Legacy2019Config)
    assert (config.network.max_length, config.network.classes) == (1014, 3)
    assert (config.optimiser.kind, config.optimiser.learning_rate, config.optimiser.momentum) == ("sgd", 0.01, 0.9)
    assert (config.schedule.kind, config.schedule.step_epochs) == ("step", 3)
    assert (config.sampling.batch_texts, config.sampling.classes, config.epochs) == (128, "cut", 10)
    assert (config.loss.kind, config.loss.label_smoothing, config.loss.class_balance) == ("cross_entropy", 0, 0)


@pytest.mark.parametrize("config", [named("default"), named("legacy_2019")])
def test_a_configuration_is_read_as_it_was_written(config: TrainConfig, tmp_path: Path) -> None:
    keep_config(tmp_path, {"training": asdict(config), "name": "one"}, {"command": "train"})
    assert read_config(tmp_path) == (config, {"name": "one", "command": "train"})


def test_a_run_does_not_go_on_with_other_settings(tmp_path: Path) -> None:
    asked = {"training": asdict(TrainConfig()), "name": "one"}
    keep_config(tmp_path, asked, {"command": "train"})
    (tmp_path / CHECKPOINT).touch()
    keep_config(tmp_path, asked, {"command": "train again"})
    with pytest.raises(RunError, match=r"other settings \(name, training\.epochs\)"):
        keep_config(tmp_path, {"training": asdict(TrainConfig(epochs=7)), "name": "two"}, {"command": "train"})


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        read_config(tmp_path)
    keep_config(tmp_path, {"teaching": {}}, {"command": "teach"})
    with pytest.raises(RunError, match="another command; name the folder of a `train` run"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"dropout": 1.5}, {"epochs": 0}, {"patience": -1}, {"network": Legacy2019Config(classes=2)}]
)
def test_a_configuration_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainConfig(**wrong)  # type: ignore[arg-type]
