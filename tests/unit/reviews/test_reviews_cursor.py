import base64

import pytest
from opine_common.problems import Problem
from opine_reviews.listing import CursorCodec

CODEC = CursorCodec(b"a key")


@pytest.mark.parametrize("key", ["", "a b", '界😀\\"', "2026-11-24T12:00:00.000001Z", 0, -1.0, 0.1 + 0.2, 1 / 3, 5])
def test_a_cursor_gives_back_what_it_was_made_of(key: str | float) -> None:
    cursor = CODEC.encode("query", key, 2**63 - 1)
    assert CODEC.decode("query", cursor) == (key, 2**63 - 1)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?%")


@pytest.mark.parametrize("other", [CursorCodec(b"another key"), CODEC])
def test_another_key_or_query_is_refused(other: CursorCodec) -> None:
    cursor = CODEC.encode("query", 1, 1)
    with pytest.raises(Problem) as refused:
        other.decode("query" if other is not CODEC else "another", cursor)
    assert refused.value.status == 422


def test_every_changed_byte_is_refused() -> None:
    raw = base64.urlsafe_b64decode(CODEC.encode("query", "key", 1) + "==")
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(Problem):
            CODEC.decode("query", base64.urlsafe_b64encode(changed).rstrip(b"=").decode())


@pytest.mark.parametrize("cursor", ["", "A", "!", "é", "\ud800", "a" * 500, "AAAA", " "])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        CODEC.decode("query", cursor)
    assert refused.value.kind == "invalid-cursor"
    assert [error.field for error in refused.value.errors] == ["cursor"]
