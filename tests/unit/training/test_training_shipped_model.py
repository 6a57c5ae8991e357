"""The shipped model's figures, checked against the reviews they were measured on."""

from __future__ import annotations

from pathlib import Path

import pytest
from charcnn.engine import Engine, load_engine
from opine_training.corpus import Columns, Rejected, build_corpus, read_rows
from opine_training.evaluate import evaluate

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared/data"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(ROOT / "services/sentiment/model", threads=2)


@pytest.mark.skipif(not DATA.exists(), reason="the reviews that the model was measured on are not at hand")
@pytest.mark.parametrize("source", ["trustpilot", "yelp_businesses"])
def test_the_card_says_what_the_model_does(engine: Engine, source: str) -> None:
    rows = [row for row in read_rows(DATA / f"{source}.csv.gz", Columns(), Rejected()) if row.split == "val"]
    measured = evaluate(engine, build_corpus(rows))["all"]
    assert measured == pytest.approx(engine.manifest.metrics["validation"]["sources"][source], abs=2e-3)


def test_it_beats_word_tfidf_on_the_same_rows(engine: Engine) -> None:
    metrics = engine.manifest.metrics
    assert metrics["validation"]["all"]["macro_f1"] > metrics["word_tfidf"]["macro_f1"]


def test_it_stays_within_the_budget_of_a_fast_cpu(engine: Engine) -> None:
    assert 100 * engine.manifest.network.multiply_adds_per_character <= 15e6


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
