"""Estimates of a batch's time."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_sentiment.batching.cost_model import CostModel

COSTS = st.integers(1, 100_000)


def seconds(cost: int) -> float:
    return 0.0004 + 1.6e-6 * cost


def calibrated() -> CostModel:
    model = CostModel()
    model.calibrate([(21, seconds(21)), (16_000, seconds(16_000)), (21, 0.5), (16_000, 0.9)])
    return model


def test_calibration_is_the_line_through_the_fastest_samples() -> None:
    model = calibrated()
    assert model.overhead_s == pytest.approx(0.0004)
    assert model.unit_s == pytest.approx(1.6e-6)
    assert model.seconds(1000, batches=3) == pytest.approx(3 * 0.0004 + 0.0016)
    assert seconds(model.cost_within(0.02)) == pytest.approx(0.02, rel=1e-3)


def test_a_larger_batch_that_was_faster_gives_no_negative_numbers() -> None:
    model = CostModel()
    model.calibrate([(10, 0.02), (1000, 0.01)])
    assert model.overhead_s > 0
    assert model.unit_s > 0


@pytest.mark.parametrize("cost", [21, 4000, 16_000])
def test_a_burst_of_one_size_does_not_mislead(cost: int) -> None:
    """Where a regression over the latest batches has nothing to fit."""
    model = calibrated()
    rng = random.Random(1)
    for _ in range(1000):
        held_up = rng.choice([0, 0, 0, 0.02])
        model.observe(cost, seconds(cost) * rng.uniform(0.8, 1.2) + held_up)
    for _ in range(20):
        model.observe(cost, seconds(cost))
    for other in (21, 300, 4000, 16_000):
        assert model.seconds(other) == pytest.approx(seconds(other), rel=0.7)


@given(COSTS)
def test_one_batch_that_was_held_up_hardly_counts(cost: int) -> None:
    model = calibrated()
    before = model.seconds(cost)
    model.observe(cost, 1000.0)
    assert before < model.seconds(cost) <= before * 1.15


@given(st.lists(COSTS, min_size=400, max_size=400), st.floats(0.2, 5))
def test_a_change_of_speed_is_learned_from_mixed_batches(costs: list[int], factor: float) -> None:
    model = calibrated()
    for cost in costs:
        model.observe(cost, factor * seconds(cost))
    typical = sorted(costs)[len(costs) // 2]
    assert model.seconds(typical) == pytest.approx(factor * seconds(typical), rel=0.25)


@given(st.lists(st.tuples(COSTS, st.floats(0, 100)), max_size=50))
def test_nothing_makes_a_time_that_is_not_positive(observed: list[tuple[int, float]]) -> None:
    model = CostModel()
    for cost, took in observed:
        model.observe(cost, took)
    assert 0 < model.seconds(1) < float("inf")
