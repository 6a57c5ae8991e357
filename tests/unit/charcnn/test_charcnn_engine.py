"""Both engines give one answer, whatever the text and whoever its neighbours are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from charcnn.config import Calibration
from charcnn.engine import Engine, load_engine
from charcnn.features import look_up_rows, pack
from charcnn.network import CharCNN
from charcnn.prediction import STAR_VALENCE, calibrated_probabilities
from safetensors.torch import load_file

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.linear import LinearModel

ODD_TEXTS = [
    "",
    "a",
    "Great shop, would buy again!",
    "x" * 20_000,
    "😀 I love it 💔 é ﬁ",
    "שלום עולם, it was fine",
    "a\0b\0c",
    "  \n\t ",
    "\u200b\u0301",
    "not bad at all. " * 40,
]


@pytest.fixture(scope="module")
def engine(artefact: Path) -> Engine:
    return load_engine(artefact, "onnx")


def test_onnx_and_torch_agree(artefact: Path, engine: Engine) -> None:
    encoded = [engine.encode(text) for text in ODD_TEXTS]
    explain = [True] * len(encoded)
    for ours, theirs in zip(
        engine.predict(encoded, explain), load_engine(artefact, "torch").predict(encoded, explain), strict=True
    ):
        np.testing.assert_allclose(ours.star_probabilities, theirs.star_probabilities, atol=1e-5)
        assert ours.contributions is not None
        assert theirs.contributions is not None
        np.testing.assert_allclose(ours.contributions, theirs.contributions, atol=1e-5)


def test_threads_change_nothing(artefact: Path, engine: Engine) -> None:
    encoded = [engine.encode(text) for text in ODD_TEXTS]
    explain = [False] * len(encoded)
    assert load_engine(artefact, "onnx", threads=3).predict(encoded, explain) == engine.predict(encoded, explain)


def test_neighbours_do_not_change_an_answer(engine: Engine) -> None:
    encoded = [engine.encode(text) for text in ODD_TEXTS]
    together = engine.predict(encoded, [False] * len(encoded))
    for text, prediction in zip(encoded, together, strict=True):
        (alone,) = engine.predict([text], [False])
        np.testing.assert_allclose(alone.star_probabilities, prediction.star_probabilities, atol=1e-6)


def test_engine_is_the_network_that_was_trained(artefact: Path, engine: Engine, linear: LinearModel) -> None:
    """The packed forward pass of training and the linear part, calibrated, equal the engine, which pools in NumPy."""
    network = CharCNN(engine.manifest.network)
    network.load_state_dict(
        {name: tensor.float() for name, tensor in load_file(artefact / "model.safetensors").items()}
    )
    encoded = [engine.encode(text) for text in ODD_TEXTS]
    config = engine.manifest.network
    packed = pack([text.symbols for text in encoded], stride=config.stride, gap=config.gap)
    with torch.inference_mode():
        logits = network.eval()(
            torch.from_numpy(look_up_rows(packed, config)), torch.from_numpy(packed.cell_text), len(encoded)
        ).numpy()
    expected = calibrated_probabilities(logits + linear.forward(packed).logits, engine.manifest.calibration)
    actual = [prediction.star_probabilities for prediction in engine.predict(encoded, [False] * len(encoded))]
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_logits_are_what_is_calibrated(engine: Engine) -> None:
    encoded = [engine.encode(text) for text in ODD_TEXTS]
    probabilities = calibrated_probabilities(engine.logits(encoded), engine.manifest.calibration)
    predictions = engine.predict(encoded, [False] * len(encoded))
    np.testing.assert_array_equal(probabilities, [prediction.star_probabilities for prediction in predictions])


def test_the_empty_text_gets_the_prior(engine: Engine) -> None:
    (prediction,) = engine.predict([engine.encode("")], [True])
    prior = calibrated_probabilities(
        np.array([[0.5 + 0.5, -0.5, 0, 0.25, 1 + 1]]),  # of the network and of the linear part
        Calibration(temperature=1.5, star_bias=(0.1, 0, 0, 0, -0.1)),
    )
    np.testing.assert_allclose(prediction.star_probabilities, prior[0], atol=1e-3)
    assert prediction.contributions is not None
    assert prediction.contributions.shape == (0,)


@pytest.mark.parametrize("text", [text for text in ODD_TEXTS if text])
def test_contributions_and_a_constant_make_the_valence(engine: Engine, text: str) -> None:
    (prediction,) = engine.predict([engine.encode(text)], [True])
    (empty,) = engine.predict([engine.encode("")], [False])
    assert prediction.contributions is not None
    assert len(prediction.contributions) == len(text)
    valence = STAR_VALENCE @ np.log(prediction.star_probabilities)
    constant = STAR_VALENCE @ np.log(empty.star_probabilities)
    assert prediction.contributions.sum() == pytest.approx(valence - constant, abs=1e-4)


def test_label_stars_and_score_agree(engine: Engine) -> None:
    for prediction in engine.predict([engine.encode(text) for text in ODD_TEXTS], [False] * len(ODD_TEXTS)):
        stars = {"bad": (1, 2), "average": (3,), "good": (4, 5)}[prediction.label]
        assert prediction.stars in stars
        expected = sum(star * p for star, p in zip(range(1, 6), prediction.star_probabilities, strict=True))
        least, most = {1: (1, 2), 2: (1, 2.5), 3: (2.5, 3.5), 4: (3.5, 5), 5: (4, 5)}[prediction.stars]
        assert prediction.score == pytest.approx((min(max(expected, least), most) - 1) / 4)
        assert sum(prediction.star_probabilities) == pytest.approx(1)


def test_explanations_only_where_asked(engine: Engine) -> None:
    asked, not_asked = engine.predict([engine.encode("fine"), engine.encode("fine")], [True, False])
    assert asked.contributions is not None
    assert not_asked.contributions is None


def test_no_texts_no_predictions(engine: Engine) -> None:
    assert engine.predict([], []) == []
    assert engine.logits([]).shape == (0, 5)
