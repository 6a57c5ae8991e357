"""Turns, deadlines and refusals, case by case. Rows cost what is said; the engine takes 10 ms and 0.1 ms a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.scheduler import BatchLimits, Scheduler
from opine_sentiment.batching.work import OverloadedError

if TYPE_CHECKING:
    from opine_sentiment.batching.queues import RequestQueue

NEVER = 1e9


def scheduler(max_queue_rows: int = 100, max_rows: int = 1, max_cost: int = 10_000) -> Scheduler[str]:
    limits = BatchLimits(max_queue_rows=max_queue_rows, max_rows=max_rows, max_cost=max_cost, target_s=10)
    return Scheduler(limits, CostModel(0.01, 0.0001))


def ask(queue: Scheduler[str], name: str, *costs: int, deadline: float = NEVER, now: float = 0) -> RequestQueue[str]:
    rows = queue.admit(costs, deadline, now)
    for index, cost in enumerate(costs):
        queue.put(rows, f"{name}{index}", cost, cost, now)
    return rows


def order(queue: Scheduler[str], batches: int, now: float = 0) -> list[str]:
    """The rows of the next batches, which take no time."""
    return [",".join(row.value for row in queue.next_rows(now)) for _ in range(batches)]


def test_a_long_list_lets_single_texts_pass() -> None:
    queue = scheduler()
    ask(queue, "list", *[100] * 50)
    assert order(queue, 1) == ["list0"]
    ask(queue, "a", 100)
    ask(queue, "b", 100)
    assert order(queue, 4) == ["list1", "a0", "b0", "list2"]


def test_lists_share_the_engine_by_cost_not_by_rows() -> None:
    queue = scheduler()
    ask(queue, "heavy", *[300] * 9)
    ask(queue, "light", *[100] * 27)
    served = order(queue, 24)
    assert sum(name.startswith("heavy") for name in served) == 6
    assert sum(name.startswith("light") for name in served) == 18


def test_a_long_text_does_not_hold_up_short_ones_that_come_later() -> None:
    queue = scheduler()
    ask(queue, "running", 100)
    assert order(queue, 1) == ["running0"]
    ask(queue, "long", 9000)
    ask(queue, "a", 100)
    assert order(queue, 1) == ["a0"]
    ask(queue, "b", 100)
    assert order(queue, 2) == ["b0", "long0"]


def test_a_long_text_is_not_passed_for_ever() -> None:
    queue = scheduler()
    ask(queue, "long", 2000)
    for number in range(100):
        ask(queue, f"short{number}-", 100)
        if order(queue, 1) == ["long0"]:
            break
    assert number == 19


def test_a_batch_ends_before_the_cost_bound_and_a_dearer_row_goes_alone() -> None:
    queue = scheduler(max_rows=10, max_cost=1000)
    for name, cost in (("a", 600), ("b", 300), ("c", 200), ("huge", 5000)):
        ask(queue, name, cost)
    assert order(queue, 3) == ["c0,b0", "a0", "huge0"]


def test_a_batch_is_no_longer_than_its_target_unless_overhead_makes_it_so() -> None:
    limits = BatchLimits(max_queue_rows=100, max_rows=100, max_cost=10_000, target_s=0.03)
    cheap: Scheduler[str] = Scheduler(limits, CostModel(0.001, 0.0001))
    ask(cheap, "a", *[100] * 10)
    assert order(cheap, 1) == ["a0,a1"], "29 of 30 ms would be 2.9 rows"
    dear: Scheduler[str] = Scheduler(limits, CostModel(0.1, 0.0001))
    ask(dear, "a", *[100] * 50)
    assert order(dear, 1)[0].count(",") == 29, "a batch may take four times its overhead"


def test_the_urgent_goes_first_when_the_fair_turn_would_make_it_late() -> None:
    queue = scheduler()
    ask(queue, "list", *[1000] * 5)
    ask(queue, "hurried", 5000, deadline=0.6)
    assert order(queue, 2) == ["hurried0", "list0"]


def test_a_near_deadline_is_no_privilege_while_there_is_time() -> None:
    queue = scheduler()
    ask(queue, "list", *[1000] * 5)
    ask(queue, "hurried", 5000, deadline=20)
    assert order(queue, 6) == [f"list{number}" for number in range(5)] + ["hurried0"]


def test_a_batch_does_not_grow_past_the_deadline_of_its_first_row() -> None:
    queue = scheduler(max_rows=10)
    ask(queue, "hurried", 100, deadline=0.035)
    ask(queue, "patient", *[100] * 5)
    assert order(queue, 2) == ["hurried0,patient0", "patient1,patient2,patient3,patient4"]


def test_what_cannot_be_in_time_is_refused_at_once_with_the_time_it_lacks() -> None:
    queue = scheduler()
    ask(queue, "list", *[1000] * 10)
    with pytest.raises(OverloadedError) as refused:
        ask(queue, "late", 1000, 1000, deadline=0.1)
    assert refused.value.reason == "deadline"
    assert refused.value.wait_s == pytest.approx(2 * 0.11 + 0.002 - 0.1), "it would go first, and still be late"
    with pytest.raises(OverloadedError) as refused:
        ask(queue, "late", 1000, deadline=0.1, now=0)
    assert refused.value.retry_after == 1
    ask(queue, "in time", 1000, deadline=0.2)


def test_who_was_admitted_is_not_made_late_by_who_is_in_a_hurry() -> None:
    queue = scheduler()
    ask(queue, "first", 2000, deadline=0.3)
    with pytest.raises(OverloadedError, match="deadline"):
        ask(queue, "second", 1000, deadline=0.2)
    ask(queue, "second", 500, deadline=0.2)
    assert order(queue, 2) == ["second0", "first0"]


def test_work_under_way_counts() -> None:
    queue = scheduler()
    ask(queue, "a", 1000)
    queue.begin(queue.next_rows(0), 0)
    with pytest.raises(OverloadedError):
        ask(queue, "b", 1000, deadline=0.2)
    ask(queue, "b", 1000, deadline=0.23)


def test_a_full_queue_says_when_the_missing_rows_are_free() -> None:
    queue = scheduler(max_queue_rows=10)
    ask(queue, "list", *[100_000] * 8)
    with pytest.raises(OverloadedError) as refused:
        ask(queue, "more", *[1] * 6)
    assert refused.value.reason == "queue_full"
    assert refused.value.retry_after == pytest.approx(8 * 10.0 * 4 / 8, abs=1.5)
    assert queue.waiting_rows == 8
    ask(queue, "fits", 1, 1)


def test_an_idle_engine_takes_what_it_thinks_too_much_and_learns() -> None:
    """Otherwise one wrong estimate would refuse everybody for ever."""
    model = CostModel(5.0, 0.0001)
    queue: Scheduler[str] = Scheduler(BatchLimits(max_queue_rows=9, max_rows=9, max_cost=9000, target_s=1), model)
    now = 0.0
    for _ in range(80):
        ask(queue, "a", 100, deadline=now + 1, now=now)
        assert queue.expired(now) is None
        batch = queue.begin(queue.next_rows(now), now)
        now += 0.02
        queue.finished(batch, now - batch.begun_at)
    assert model.seconds(100) == pytest.approx(0.02, rel=0.2)
    with pytest.raises(OverloadedError):
        ask(queue, "a", 100, deadline=now - 1, now=now)


def test_a_request_that_ran_out_of_time_is_given_up_before_it_is_computed() -> None:
    queue = scheduler()
    ask(queue, "a", 1000)
    late = ask(queue, "b", 1000, deadline=0.25)
    assert queue.expired(0.1) is None
    assert queue.expired(0.2) is late
    assert queue.drop(late) == 1
    assert queue.expired(0.2) is None
    assert order(queue, 2, now=0.2) == ["a0", ""]


def test_a_failed_batch_teaches_nothing() -> None:
    model = CostModel(0.01, 0.0001)
    queue: Scheduler[str] = Scheduler(BatchLimits(max_queue_rows=9, max_rows=9, max_cost=900, target_s=1), model)
    ask(queue, "a", 100)
    queue.finished(queue.begin(queue.next_rows(0), 0), None)
    assert model.seconds(100) == pytest.approx(0.02)
