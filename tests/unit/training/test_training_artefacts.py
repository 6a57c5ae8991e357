"""What a run exports is what it trained."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from charcnn.artefact import ArtefactError, read_manifest
from charcnn.config import Calibration, NetworkConfig
from charcnn.engine import load_engine
from charcnn.features import pack
from charcnn.legacy_2019 import Legacy2019Config, Legacy2019Network
from charcnn.linear import load_linear
from charcnn.prediction import calibrated_probabilities
from charcnn.text import encode
from opine_training.artefacts import build_trained, export_run, load_model
from opine_training.commands.calibrate import CalibrationError, Reviews, recalibrate
from opine_training.config import ReadConfig, SelectionConfig
from opine_training.legacy_2019 import Legacy2019Manifest, write_legacy_2019
from opine_training.linear import LINEAR, linear_part
from opine_training.loop import Training
from opine_training.networks import build_encoding, build_network, build_seeded, read_logits
from opine_training.optimisation import Device, Processes
from opine_training.runs import CORPUS, DATA, CheckpointError, keep_config, read_config, read_progress, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from opine_training.config import TrainConfig
    from opine_training.corpus import Dataset

ODD_TEXTS = [
    "",
    "a",
    "terrible, rude and broken: never!",
    "x" * 20_000,
    "\U0001f600 I love it \U0001f494 caf\u00e9",
    "\u05e9\u05dc\u05d5\u05dd, it was fine",
    "a\0b\0c",
    "  \n\t ",
    "perfect brilliant " * 50,
]


def train(folder: Path, dataset: Dataset, config: TrainConfig, weights: Path | None = None) -> None:
    asked = {
        "training": asdict(config),
        "name": "small",
        "weights": weights,
        "selection": asdict(SelectionConfig()),
        "reading": asdict(ReadConfig()),
    }
    keep_config(folder, asked, {"version": "1", "command": "train"})
    write_json(folder / DATA, dataset.summary)
    device = Device(torch.device("cpu"), half=False, compiled=False)
    network = build_trained(config, weights) if weights else build_seeded(config)
    Training(config, network, build_encoding(config), dataset.train, dataset.tuning, folder, device, Processes()).run()
    (folder / CORPUS).mkdir()
    for name, corpus in (("train", dataset.train), ("tuning", dataset.tuning)):
        (folder / CORPUS / name).symlink_to(corpus.symbols.filename.parent)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def run_folder(dataset: Dataset, small_config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train(folder, dataset, replace(small_config, epochs=1, checkpoint_minutes=9))
    return folder


@pytest.fixture(scope="module")
def artefact(run_folder: Path) -> Path:
    export_run(run_folder, run_folder / "artefact", "1.2")
    return run_folder / "artefact"


def linear_logits(artefact: Path) -> NDArray[np.float64]:
    """What the linear part says of the odd texts."""
    config = read_manifest(artefact).linear
    assert config is not None
    packed = pack([encode(text).symbols for text in ODD_TEXTS], stride=1, gap=1)
    return load_linear(artefact, config).forward(packed).logits


def test_the_exported_engine_equals_what_was_trained(
    run_folder: Path, artefact: Path, small_config: TrainConfig
) -> None:
    network = build_network(small_config)
    network.load_state_dict(read_progress(run_folder).best or {})
    engine = load_engine(artefact)
    linear = linear_logits(artefact)
    assert np.ptp(linear, axis=0).max() > 0.1
    logits = read_logits(network, build_encoding(small_config), ODD_TEXTS)
    trained = calibrated_probabilities(logits + linear, engine.manifest.calibration)
    served = engine.predict([engine.encode(text) for text in ODD_TEXTS], [False] * len(ODD_TEXTS))
    # The artefact stores half precision: that is the difference, not the engine.
    np.testing.assert_allclose([each.star_probabilities for each in served], trained, atol=5e-3)
    halved = {name: each.half().float() for name, each in network.state_dict().items()}
    network.load_state_dict(halved)
    logits = read_logits(network, build_encoding(small_config), ODD_TEXTS)
    stored = calibrated_probabilities(logits + linear, engine.manifest.calibration)
    np.testing.assert_allclose([each.star_probabilities for each in served], stored, atol=1e-4)


def test_a_run_starts_from_a_finished_model(run_folder: Path, artefact: Path, small_config: TrainConfig) -> None:
    trained = read_progress(run_folder).best or {}
    start = build_trained(small_config, artefact).state_dict()
    for name, weight in trained.items():
        torch.testing.assert_close(start[name], weight.half().float())
    assert not torch.equal(build_seeded(small_config).state_dict()["head.weight"], start["head.weight"])


def test_the_mean_with_what_a_run_started_from_is_exported(
    dataset: Dataset, artefact: Path, small_config: TrainConfig, tmp_path: Path
) -> None:
    config = replace(small_config, epochs=1, checkpoint_minutes=9, start_share=0.25)
    train(tmp_path, dataset, config, weights=artefact)
    export_run(tmp_path, tmp_path / "artefact", "1.3")
    learned = read_progress(tmp_path).best or {}
    start, exported = (build_trained(config, folder).state_dict() for folder in (artefact, tmp_path / "artefact"))
    assert not torch.equal(learned["head.weight"], start["head.weight"])
    for name, weight in exported.items():
        torch.testing.assert_close(weight, 0.75 * learned[name] + 0.25 * start[name], atol=2e-3, rtol=2e-3)


def test_a_model_of_another_form_is_no_start(artefact: Path, small_config: TrainConfig, tmp_path: Path) -> None:
    wider = replace(small_config, network=NetworkConfig(width=24))
    with pytest.raises(ArtefactError, match="another network"):
        build_trained(wider, artefact)
    with pytest.raises(ArtefactError, match="no model"):
        build_trained(small_config, tmp_path)


def test_the_linear_part_is_fitted_once_a_run(run_folder: Path, artefact: Path, tmp_path: Path) -> None:
    assert artefact.exists()
    config, _ = read_config(run_folder)
    fitted = (run_folder / LINEAR / "linear.safetensors").stat().st_mtime_ns
    assert linear_part(run_folder, config) is not None
    assert (run_folder / LINEAR / "linear.safetensors").stat().st_mtime_ns == fitted
    (tmp_path / CORPUS).symlink_to(run_folder / CORPUS)
    assert linear_part(tmp_path, replace(config, linear=replace(config.linear, entries=0))) is None
    assert not (tmp_path / LINEAR).exists()


def test_an_artefact_says_where_it_comes_from(artefact: Path, dataset: Dataset) -> None:
    manifest = read_manifest(artefact)
    assert (manifest.name, manifest.version) == ("small", "1.2")
    assert manifest.training["data_sha256"] == dataset.fingerprint
    assert manifest.training["rows"] == len(dataset.train) + len(dataset.tuning)
    assert manifest.calibration.uniform_prior_offsets is not None
    assert "has not been evaluated" in (artefact / "README.md").read_text()
    texts = set(dataset.train.texts[:50])
    assert not any(text in (artefact / "model.json").read_text() for text in texts)


def test_a_run_without_an_epoch_is_not_exported(run_folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", DATA):
        (tmp_path / name).write_bytes((run_folder / name).read_bytes())
    with pytest.raises(CheckpointError, match="name the folder of a run"):
        export_run(tmp_path, tmp_path / "artefact", "1")


def fit(artefact: Path, out: Path, **given: Path) -> Calibration:
    return recalibrate(artefact, out, "2", Reviews(reading=ReadConfig(), split="all", **given))  # type: ignore[arg-type]


def test_calibration_is_fitted_to_other_reviews(artefact: Path, reviews_csv: Path, tmp_path: Path) -> None:
    fitted = fit(artefact, tmp_path / "new", data=reviews_csv)
    old, new = read_manifest(artefact), read_manifest(tmp_path / "new")
    assert new.calibration == fitted != old.calibration
    assert new.version == "2"
    assert new.files == old.files
    # Fitted to what it has been fitted to, it stays: the present calibration is taken away before.
    again = fit(tmp_path / "new", tmp_path / "again", data=reviews_csv)
    assert again.temperature == pytest.approx(fitted.temperature, rel=0.02)
    np.testing.assert_allclose(again.star_bias, fitted.star_bias, atol=0.05)


def test_a_uniform_prior_leaves_all_else_alone(artefact: Path, reviews_csv: Path, tmp_path: Path) -> None:
    old = read_manifest(artefact).calibration
    fitted = fit(artefact, tmp_path / "new", uniform_prior=reviews_csv)
    assert fitted.model_copy(update={"uniform_prior_offsets": old.uniform_prior_offsets}) == old
    assert load_model(tmp_path / "new").predict(["fine"]).uniform_prior_offsets == fitted.uniform_prior_offsets


def test_figures_that_no_longer_hold_are_left_out_or_made_anew(
    artefact: Path, reviews_csv: Path, tmp_path: Path
) -> None:
    figures = fit(artefact, tmp_path / "first", data=reviews_csv, evaluate=reviews_csv)
    metrics = read_manifest(tmp_path / "first").metrics
    assert metrics["validation"]["all"]["accuracy_uniform_prior"] > 0
    assert "| made_up |" in (tmp_path / "first/README.md").read_text()
    fit(tmp_path / "first", tmp_path / "other", uniform_prior=reviews_csv)
    kept = read_manifest(tmp_path / "other").metrics["validation"]["all"]
    assert kept == {name: value for name, value in metrics["validation"]["all"].items() if "uniform" not in name}
    fit(tmp_path / "first", tmp_path / "refitted", data=reviews_csv)
    assert read_manifest(tmp_path / "refitted").metrics == {}
    assert figures.temperature > 0


def test_calibration_needs_reviews(artefact: Path, tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="--uniform-prior"):
        fit(artefact, tmp_path / "new")


def test_a_manifest_from_before_uniform_priors_is_read(artefact: Path) -> None:
    document = json.loads((artefact / "model.json").read_text())
    del document["calibration"]["uniform_prior_offsets"]
    assert Calibration.model_validate(document["calibration"]).uniform_prior_offsets is None


def write_old(folder: Path) -> None:
    torch.manual_seed(0)
    network = Legacy2019Network(Legacy2019Config(max_length=123)).eval()
    training = {"rows": 1, "data_sha256": "0", "configuration": {"seed": 1}, "command": "train"}
    manifest = Legacy2019Manifest(
        name="old",
        version="1",
        network=network.config,
        uniform_prior_offsets=(0.1, 0, 0),
        training=training,
        metrics={},
    )
    write_legacy_2019(folder, network, manifest, "# old\n")


def test_a_folder_of_the_2019_network_is_read_back(tmp_path: Path) -> None:
    write_old(tmp_path / "old")
    reader = load_model(tmp_path / "old")
    reading = reader.predict(ODD_TEXTS)
    assert (reader.name, reading.uniform_prior_offsets) == ("old", (0.1, 0.0, 0.0))
    assert reading.probabilities.shape == (len(ODD_TEXTS), 3)
    assert reading.stars is not None
    assert set(reading.stars.tolist()) <= {1, 2, 3, 4, 5}


def test_the_uniform_prior_of_a_model_of_2019_can_be_fitted(tmp_path: Path, reviews_csv: Path) -> None:
    write_old(tmp_path / "old")
    fitted = fit(tmp_path / "old", tmp_path / "new", uniform_prior=reviews_csv)
    assert load_model(tmp_path / "new").predict(["fine"]).uniform_prior_offsets == fitted.uniform_prior_offsets
    with pytest.raises(CalibrationError, match="has no temperature"):
        fit(tmp_path / "old", tmp_path / "new", data=reviews_csv)


@pytest.mark.parametrize("name", ["lineage.safetensors", "lineage.json"])
def test_a_damaged_folder_of_the_2019_network_is_refused(tmp_path: Path, name: str) -> None:
    write_old(tmp_path / "old")
    (tmp_path / "old" / name).write_bytes(b"cut")
    with pytest.raises(ArtefactError, match="no whole model of 2019"):
        load_model(tmp_path / "old")
