"""The measured rate behind Retry-After."""

import pytest
from opine_sentiment.batching.throughput import Throughput


def test_without_a_measurement_one_second_is_said() -> None:
    assert Throughput().retry_after(10**9) == 1


@pytest.mark.parametrize(("cost", "seconds"), [(0, 1), (500, 1), (5_000, 5), (5_100, 6), (10**6, 60)])
def test_retry_after_is_the_time_that_the_queue_takes(cost: int, seconds: int) -> None:
    throughput = Throughput()
    throughput.observe(2_000, 2.0)
    assert throughput.retry_after(cost) == seconds


def test_the_latest_batches_count_most() -> None:
    throughput = Throughput()
    throughput.observe(1_000, 1.0)
    for _ in range(30):
        throughput.observe(1_000, 0.1)
    assert throughput.seconds_for(1_000) == pytest.approx(0.1, rel=0.1)
