from __future__ import annotations

import numpy as np
import pytest
from charcnn.prediction import Prediction
from opine_training.calibrate import fit_calibration
from opine_training.loop import one_cycle
from opine_training.metrics import calibration_error, macro_f1, quadratic_kappa, summary


def test_macro_f1_by_hand() -> None:
    truth, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    assert macro_f1(truth, predicted) == pytest.approx((0.5 + 2 / 3 + 0.8) / 3)


def test_macro_f1_of_absent_class_does_not_count() -> None:
    assert macro_f1(np.array([0, 2]), np.array([0, 2])) == 1


def test_quadratic_kappa_by_hand() -> None:
    assert quadratic_kappa(np.array([0, 4]), np.array([0, 4])) == 1
    assert quadratic_kappa(np.array([0, 4]), np.array([4, 0])) == -1
    assert quadratic_kappa(np.array([0, 4]), np.array([2, 2])) == pytest.approx(0)


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1]] * 10)
    assert calibration_error(probabilities, np.array([0] * 9 + [1])) == pytest.approx(0, abs=1e-9)
    assert calibration_error(probabilities, np.array([0] * 4 + [1] * 6)) == pytest.approx(0.5)


def test_summary_by_hand() -> None:
    sure = Prediction(score=1.0, label="good", stars=5, star_probabilities=(0, 0, 0, 0, 1), contributions=None)
    figures = summary(np.array([4, 3, 0, 4]), [sure] * 4)
    assert figures["accuracy"] == 0.75
    assert figures["stars_mean_absolute_error"] == 1.25
    assert figures["calibration_error"] == 0.25


def test_calibration_finds_temperature_bias_and_offsets() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 5)).astype(np.float32)
    true_logits = logits / 2 + np.array([1.0, 0, 0, 0, -1.0])
    stars = (true_logits + rng.gumbel(size=true_logits.shape)).argmax(axis=1)
    found = fit_calibration(logits, stars)
    assert found.temperature == pytest.approx(2, rel=0.1)
    np.testing.assert_allclose(found.star_bias, [1, 0, 0, 0, -1], atol=0.1)


def test_calibration_stays_sober_where_stars_are_separable() -> None:
    stars = np.arange(60) % 5
    found = fit_calibration((4 * np.eye(5)[stars]).astype(np.float32), stars)
    assert found.temperature > 0.2
    assert max(map(abs, found.star_bias)) < 1


def test_label_offsets_raise_the_macro_f1_of_a_skewed_set() -> None:
    rng = np.random.default_rng(0)
    stars = rng.choice(5, 5000, p=[0.1, 0.03, 0.05, 0.12, 0.7])
    logits = (rng.normal(0, 1, (5000, 5)) + 1.5 * np.eye(5)[stars]).astype(np.float32)
    found = fit_calibration(logits, stars)
    plain = found.model_copy(update={"label_offsets": (0.0, 0.0, 0.0)})
    truth = np.array([0, 0, 1, 2, 2])[stars]
    p = found.probabilities(logits)
    assert macro_f1(truth, found.labels(p)) > macro_f1(truth, plain.labels(p))


@pytest.mark.parametrize(("share", "factor"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.55, 0.5), (1.0, 0.0)])
def test_one_cycle(share: float, factor: float) -> None:
    assert one_cycle(share, 0.1) == pytest.approx(factor, abs=1e-9)
