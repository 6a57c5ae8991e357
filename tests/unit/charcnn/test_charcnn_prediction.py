"""Label, stars and score of one text never contradict each other."""

from __future__ import annotations

import numpy as np
import pytest
from charcnn.config import Calibration
from charcnn.prediction import LABEL_OF_STAR, decide_labels, proposed_stars, scores
from hypothesis import given
from hypothesis import strategies as st

LIKE_THE_SHIPPED = Calibration(label_offsets=(0.6, 1.2, 0.0))


def decide(probabilities: list[float], calibration: Calibration = LIKE_THE_SHIPPED) -> tuple[int, int, float]:
    given_to = np.array([probabilities])
    labels = decide_labels(given_to, calibration)
    stars = proposed_stars(given_to, labels)
    return int(labels[0]), int(stars[0]), float(scores(given_to, stars)[0])


@given(
    st.lists(st.floats(1e-6, 1), min_size=5, max_size=5),
    st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3)),
)
def test_one_voice_whatever_the_probabilities(weights: list[float], offsets: tuple[float, float, float]) -> None:
    total = sum(weights)
    label, stars, score = decide([weight / total for weight in weights], Calibration(label_offsets=offsets))
    assert LABEL_OF_STAR[stars - 1] == label
    expected = 1 + 4 * score
    lowest, highest = {0: (1, 2.5), 1: (2.5, 3.5), 2: (3.5, 5)}[label]
    assert lowest - 1e-9 <= expected <= highest + 1e-9
    assert abs(expected - stars) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("probabilities", "stars", "score"),
    [
        # Bad beside a bar of 32 % and one star: the mean is 2.27 and the median 2.
        ([0.35, 0.25, 0.24, 0.11, 0.05], 2, 0.315),
        # Readers are divided: the offsets say average, the median is the label's only star.
        ([0.3, 0.15, 0.3, 0.1, 0.15], 3, 0.4125),
        # The bar follows the stars as far as it must, and no further.
        ([0.52, 0.03, 0.03, 0.02, 0.4], 1, 0.25),
        ([0.0, 0.0, 0.05, 0.35, 0.6], 5, 0.8875),
    ],
)
def test_stars_are_the_median_and_the_score_the_mean_near_it(
    probabilities: list[float], stars: int, score: float
) -> None:
    _, proposed, shown = decide(probabilities)
    assert proposed == stars
    assert shown == pytest.approx(score, abs=0.001)
