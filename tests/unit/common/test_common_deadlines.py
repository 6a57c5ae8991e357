import math

import pytest
from opine_common.deadlines import deadline, parse_timeout, remaining_s, set_deadline


def test_without_a_deadline_time_is_endless() -> None:
    assert remaining_s() == math.inf


def test_a_block_ends_with_its_own_or_with_the_one_around_it() -> None:
    with deadline(1000):
        with deadline(10):
            assert 0 < remaining_s() <= 10
        with deadline(100_000):
            assert 10 < remaining_s() <= 1000
        assert 10 < remaining_s() <= 1000
    assert remaining_s() == math.inf


def test_a_requests_deadline_holds_until_it_is_cleared() -> None:
    set_deadline(10)
    try:
        with deadline(1000):
            assert 0 < remaining_s() <= 10
    finally:
        set_deadline(None)
    assert remaining_s() == math.inf


def test_after_a_deadline_nothing_remains() -> None:
    with deadline(-1):
        assert remaining_s() <= 0


@pytest.mark.parametrize(("header", "seconds"), [("0.25", 0.25), ("3", 3.0), ("1e-3", 0.001), ("inf", math.inf)])
def test_a_timeout_is_read_in_seconds(header: str, seconds: float) -> None:
    assert parse_timeout(header) == seconds


@pytest.mark.parametrize("header", ["", "0", "-1", "nan", "soon", "1s", "1_0", "\u0661"])
def test_anything_else_is_no_timeout(header: str) -> None:
    with pytest.raises(ValueError, match="positive number of seconds"):
        parse_timeout(header)
