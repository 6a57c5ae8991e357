"""The fair queue by itself."""

import pytest
from opine_sentiment.batching.queue import FairQueue, Lane, QueueFullError


def lane_of(queue: FairQueue[str], rows: str, cost: int = 1) -> Lane[str]:
    lane = queue.reserve(len(rows))
    for row in rows:
        queue.put(lane, row, cost)
    return lane


def test_lanes_give_one_row_each_in_turn() -> None:
    queue = FairQueue[str](10)
    lane_of(queue, "abcd")
    lane_of(queue, "x")
    lane_of(queue, "12")
    assert queue.take(5, 100) == ["a", "x", "1", "b", "2"]
    assert queue.take(5, 100) == ["c", "d"]


def test_turns_go_on_from_batch_to_batch() -> None:
    queue = FairQueue[str](10)
    lane_of(queue, "abc")
    lane_of(queue, "xyz")
    assert [queue.take(1, 100) for _ in range(4)] == [["a"], ["x"], ["b"], ["y"]]


def test_a_batch_ends_before_the_cost_bound_and_the_refused_row_is_next() -> None:
    queue = FairQueue[str](10)
    lane_of(queue, "a", cost=6)
    lane_of(queue, "b", cost=5)
    lane_of(queue, "c", cost=1)
    assert queue.take(10, 10) == ["a"]
    assert queue.take(10, 10) == ["b", "c"]


def test_a_row_dearer_than_the_bound_goes_alone() -> None:
    queue = FairQueue[str](10)
    lane_of(queue, "ab", cost=100)
    assert [queue.take(10, 10), queue.take(10, 10)] == [["a"], ["b"]]


def test_a_request_fits_as_a_whole_or_not_at_all() -> None:
    queue = FairQueue[str](3)
    lane = lane_of(queue, "ab")
    with pytest.raises(QueueFullError):
        queue.reserve(2)
    assert queue.waiting_rows == 2
    queue.drop(lane)
    assert queue.reserve(3) is not None


def test_a_dropped_lane_gives_nothing_and_frees_its_rows_once() -> None:
    queue = FairQueue[str](10)
    gone = lane_of(queue, "abc", cost=2)
    lane_of(queue, "x", cost=2)
    assert queue.take(1, 100) == ["a"]
    queue.drop(gone)
    queue.drop(gone)
    assert (queue.waiting_rows, queue.waiting_cost) == (1, 2)
    assert queue.take(10, 100) == ["x"]
    assert not queue


def test_reserved_rows_that_never_come_are_given_back() -> None:
    queue = FairQueue[str](3)
    lane = queue.reserve(3)
    queue.put(lane, "a", 1)
    queue.skip(lane)
    assert queue.waiting_rows == 2
    queue.drop(lane)
    assert queue.waiting_rows == 0
