"""The shipped model's figures, checked against the reviews they were measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from charcnn.engine import Engine, load_engine
from opine_training.artefacts import ServedModel, model_card
from opine_training.config import ReadConfig
from opine_training.evaluation import report, score_files
from opine_training.reviews import LeftOut, review_file

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MODEL = ROOT / "services/sentiment/model"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(MODEL, threads=2)


@pytest.mark.parametrize("source", ["games_gamestop", "consumer_sites"])
def test_the_card_says_what_the_model_does(engine: Engine, source: str, pytestconfig: pytest.Config) -> None:
    data: Path | None = pytestconfig.getoption("--data")
    if data is None:
        pytest.skip("no --data, the reviews that the model was measured on")
    file = review_file(data / f"{source}.csv.gz", ReadConfig())
    measured = report(score_files(ServedModel(engine), [file], "val", LeftOut()))["files"][source]
    stated = engine.manifest.metrics["validation"]["sources"][source]
    figures = {name: value for name, value in stated.items() if isinstance(value, float | int)}
    assert "macro_f1" in figures
    assert {name: measured[name] for name in figures} == pytest.approx(figures, abs=2e-3)


def test_it_beats_word_tfidf_on_the_same_rows(engine: Engine) -> None:
    metrics = engine.manifest.metrics
    assert metrics["validation"]["all"]["macro_f1"] > metrics["word_tfidf"]["macro_f1"]


def test_typos_capitals_and_missing_punctuation_cost_it_little(engine: Engine) -> None:
    ours = engine.manifest.metrics["validation"]["all"]
    assert set(ours["robustness"]) == {"typos", "capitals", "no_punctuation"}
    for figures in ours["robustness"].values():
        assert ours["macro_f1"] - figures["macro_f1"] < 0.02


def test_its_card_follows_from_its_manifest(engine: Engine) -> None:
    manifest = engine.manifest
    made = model_card(manifest.name, manifest.version, manifest.training, manifest.metrics)
    assert made == (MODEL / "README.md").read_text()
    assert "without punctuation 0." in made
    before = {name: value for name, value in manifest.metrics["validation"]["all"].items() if name != "robustness"}
    validation = manifest.metrics["validation"] | {"all": before}
    older = model_card(
        manifest.name, manifest.version, manifest.training, manifest.metrics | {"validation": validation}
    )
    assert "punctuation" not in older


def test_the_documents_state_its_figures(engine: Engine) -> None:
    metrics = engine.manifest.metrics
    ours, theirs = metrics["validation"]["all"], metrics["word_tfidf"]
    in_readme = (
        f"| three-class macro-F1 on {ours['rows']:,} validation rows: the model, word TF-IDF on the same rows | "
        f"{ours['macro_f1']:.3f}, {theirs['macro_f1']:.3f} "
        '| `make evaluate ARGS="--baselines --cap renttherunway 40000"` |'
    )
    assert in_readme in (ROOT / "README.md").read_text().splitlines()
    in_table = (
        f"({engine.version}) | {ours['macro_f1']:.3f} | {ours['accuracy']:.3f} | {ours['calibration_error']:.3f} |"
    )
    assert in_table in (ROOT / "docs/model.md").read_text()


def test_it_stays_within_the_budget_of_a_fast_cpu(engine: Engine) -> None:
    assert 100 * engine.manifest.network.multiply_adds_per_character <= 15e6


def test_it_is_at_most_8_mb_on_disk() -> None:
    files = [file for file in MODEL.iterdir() if file.is_file()]
    assert {"model.safetensors", "linear.safetensors", "model.json"} <= {file.name for file in files}
    assert sum(file.stat().st_size for file in files) <= 8e6


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Lovely people, quick delivery, I will be back!", "good"),
        ("Rude staff, broken parcel, and no refund. Avoid.", "bad"),
        ("LOVELY PEOPLE, QUICK DELIVERY, I WILL BE BACK!", "good"),
        ("Rude staf, brokn parcel and no refnd. Avoid", "bad"),
        ("It was okay, nothing special, average at best.", "average"),
    ],
)
def test_it_reads_plain_cases_as_people_do(engine: Engine, text: str, label: str) -> None:
    (prediction,) = engine.predict([engine.encode(text)], [False])
    assert prediction.label == label
