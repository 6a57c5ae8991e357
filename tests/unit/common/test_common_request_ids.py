import pytest
from opine_common import request_ids


@pytest.mark.parametrize("offered", ["a", "3f2c-77.B_x", "x" * 128])
def test_a_plain_token_is_taken(offered: str) -> None:
    assert request_ids.accept_request_id(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 129, "a b", "a\nb", 'a"b', "é", "<script>", "a\n"])
def test_anything_else_is_replaced(offered: str | None) -> None:
    made = request_ids.accept_request_id(offered)
    assert made != offered
    assert len(made) == 32


def test_made_ids_differ() -> None:
    assert request_ids.accept_request_id(None) != request_ids.accept_request_id(None)


def test_outgoing_calls_carry_the_current_id_and_only_it() -> None:
    assert request_ids.outgoing_headers() == {}
    request_ids.set_request_id("abc")
    assert request_ids.outgoing_headers() == {"X-Request-ID": "abc"}
    request_ids.set_request_id(None)
    assert request_ids.outgoing_headers() == {}
