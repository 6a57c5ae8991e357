from __future__ import annotations

import numpy as np
import pytest
from charcnn.prediction import calibrated_probabilities, decide_labels
from opine_training.calibration import fit_calibration, fit_label_offsets, fit_uniform_prior, macro_f1
from opine_training.metrics import (
    Predictions,
    calibration_error,
    quadratic_kappa,
    star_figures,
    two_class_figures,
)
from sklearn.metrics import f1_score


def test_f1_by_hand() -> None:
    truth, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    assert macro_f1(truth, predicted) == pytest.approx((0.5 + 2 / 3 + 0.8) / 3)
    assert macro_f1(truth, predicted) == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_macro_f1_of_absent_class_does_not_count() -> None:
    assert macro_f1(np.array([0, 2]), np.array([0, 2])) == 1


def test_quadratic_kappa_by_hand() -> None:
    assert quadratic_kappa(np.array([0, 4]), np.array([0, 4])) == 1
    assert quadratic_kappa(np.array([0, 4]), np.array([4, 0])) == -1
    assert quadratic_kappa(np.array([0, 4]), np.array([2, 2])) == pytest.approx(0)
    assert quadratic_kappa(np.array([4, 4]), np.array([4, 4])) == 1


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1]] * 10)
    assert calibration_error(probabilities, np.array([0] * 9 + [1])) == pytest.approx(0, abs=1e-9)
    assert calibration_error(probabilities, np.array([0] * 4 + [1] * 6)) == pytest.approx(0.5)


def reading(probabilities: list[list[float]], offsets: tuple[float, float, float] | None = None) -> Predictions:
    each = np.array(probabilities)
    labels = each.argmax(axis=1)
    return Predictions(each, labels, each @ np.array([0, 0.5, 1]), np.array([1, 3, 5])[labels], offsets)


def test_star_figures_by_hand() -> None:
    sure = reading([[0, 0, 1.0]] * 4)
    figures = star_figures(np.array([4, 3, 0, 4]), sure)
    assert figures == {
        "rows": 4,
        "accuracy": 0.75,
        "accuracy_uniform_prior": None,
        "macro_f1": round((6 / 7 + 0) / 2, 4),
        "stars_mean_absolute_error": 1.25,
        "stars_quadratic_kappa": 0.0,
        "calibration_error": 0.25,
    }
    assert star_figures(np.array([4, 2, 0, 4]), sure, starred=False)["stars_mean_absolute_error"] is None


def test_uniform_prior_moves_the_decision() -> None:
    found = reading([[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]], offsets=(0.0, 1.0, 0.0))
    figures = star_figures(np.array([2, 4]), found)
    assert (figures["accuracy"], figures["accuracy_uniform_prior"]) == (0.5, 1.0)


def test_two_classes_are_answered_by_the_score_and_by_good_against_bad() -> None:
    found = reading([[0.6, 0.0, 0.4], [0.3, 0.3, 0.4], [0.0, 0.9, 0.1]], offsets=(-1.0, 0.0, 1.0))
    figures = two_class_figures(np.array([0, 4, 4]), found)
    assert figures == {"rows": 3, "two_classes": True, "accuracy": 1.0, "accuracy_uniform_prior": round(2 / 3, 4)}


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
    assert found.label_offsets == (0, 0, 0)


def test_label_offsets_raise_the_macro_f1_of_a_skewed_set() -> None:
    rng = np.random.default_rng(0)
    stars = rng.choice(5, 5000, p=[0.1, 0.03, 0.05, 0.12, 0.7])
    logits = (rng.normal(0, 1, (5000, 5)) + 1.5 * np.eye(5)[stars]).astype(np.float32)
    found = fit_calibration(logits, stars)
    plain = found.model_copy(update={"label_offsets": (0.0, 0.0, 0.0)})
    truth = np.array([0, 0, 1, 2, 2])[stars]
    p = calibrated_probabilities(logits, found)
    assert macro_f1(truth, decide_labels(p, found)) > macro_f1(truth, decide_labels(p, plain))


def test_label_offsets_give_up_no_source() -> None:
    """A small source with few bad reviews beside a large one with many, each judged by its own prior."""
    rng = np.random.default_rng(0)
    source = (rng.random(8000) < 0.2).astype(int)
    prior = np.log([[0.35, 0.15, 0.5], [0.02, 0.08, 0.9]])[source]
    truth = (prior + rng.gumbel(size=prior.shape)).argmax(axis=1)
    evidence = prior + rng.normal(0, 1, prior.shape) + 1.5 * np.eye(3)[truth]
    probabilities = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)

    def f1(offsets: tuple[float, float, float], rows: np.ndarray) -> float:
        return macro_f1(truth[rows], (evidence + np.array(offsets)).argmax(axis=1)[rows])

    together, apart = fit_label_offsets(probabilities, truth), fit_label_offsets(probabilities, truth, source)
    assert f1(apart, source == 1) > f1(together, source == 1) + 0.01
    assert f1(together, source >= 0) - 0.02 < f1(apart, source >= 0) <= f1(together, source >= 0)


@pytest.mark.parametrize("kept", [1.0, 0.2])
def test_uniform_prior_is_found_however_many_rows_a_class_has(kept: float) -> None:
    """Probabilities by Bayes' rule from likelihoods and a skewed prior: the offsets are the prior's, taken away."""
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=60_000)
    truth = truth[(truth > 0) | (rng.random(len(truth)) < kept)]
    prior = np.log([0.15, 0.05, 0.8])
    likelihood = rng.normal(0, 1, (len(truth), 3))
    likelihood[np.arange(len(truth)), truth] += 1
    evidence = likelihood + prior
    probabilities = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fit_uniform_prior(probabilities, truth), prior.mean() - prior, atol=0.06)
