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


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_a_traceparent_is_kept_and_handed_on_as_it_came() -> None:
    request_ids.begin_request("abc", TRACEPARENT, "a-session")
    assert request_ids.get_trace_id() == TRACE
    assert request_ids.outgoing_headers() == {
        "X-Request-ID": "abc",
        "traceparent": TRACEPARENT,
        "X-Session-ID": "a-session",
    }
    request_ids.end_request()
    assert request_ids.get_trace_id() is None
    assert request_ids.outgoing_headers() == {}


def test_a_later_version_may_go_on() -> None:
    later = f"01-{TRACE}-00f067aa0ba902b7-01-more"
    assert request_ids.accept_traceparent(later) == later


@pytest.mark.parametrize(
    "offered",
    [
        None,
        "",
        TRACE,
        TRACEPARENT.upper(),
        TRACEPARENT + "-more",
        TRACEPARENT + "\n",
        f"ff{TRACEPARENT[2:]}",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"01-{TRACE}-00f067aa0ba902b7-01-" + "x" * 128,
    ],
)
def test_what_is_no_traceparent_is_dropped(offered: str | None) -> None:
    assert request_ids.accept_traceparent(offered) is None


def test_a_session_s_id_that_is_no_plain_token_is_not_handed_on() -> None:
    for session in ("", "two words", "x" * 129, "line\nend"):
        request_ids.begin_request("abc", None, session)
        assert request_ids.outgoing_headers() == {"X-Request-ID": "abc"}
    request_ids.end_request()
