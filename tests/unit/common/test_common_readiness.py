import pytest
from opine_common.readiness import wait_until_ready


def test_it_returns_once_nothing_is_missing_and_tells_each_reason_once() -> None:
    reasons = iter(["no answer", "no answer", "old schema", None])
    told: list[str] = []
    wait_until_ready(lambda: next(reasons), timeout_s=60, pause_s=0, on_change=told.append)
    assert told == ["no answer", "old schema"]


def test_it_gives_up_with_the_reason_and_asks_at_least_once() -> None:
    with pytest.raises(TimeoutError, match=r"^no answer$"):
        wait_until_ready(lambda: "no answer", timeout_s=0, pause_s=0)
    wait_until_ready(lambda: None, timeout_s=0, pause_s=0)
