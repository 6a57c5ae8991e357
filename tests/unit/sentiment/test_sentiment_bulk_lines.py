"""Lines of a bulk request, however they are cut into chunks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_sentiment.http.bulk import LineSplitter, parse_line
from opine_sentiment.schemas import TextError

MAX_BYTES = 10


def split(chunks: list[bytes]) -> list[bytes | None]:
    splitter = LineSplitter(MAX_BYTES)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.end()


@given(st.lists(st.binary(max_size=25).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.data())
def test_chunks_change_nothing(lines: list[bytes], data: st.DataObject) -> None:
    body = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert split(chunks) == [line if len(line) <= MAX_BYTES else None for line in lines]


def test_the_last_line_needs_no_end() -> None:
    assert split([b"one\ntwo"]) == [b"one", b"two"]
    assert split([b"one\n" + b"2" * 11]) == [b"one", None]
    assert split([b"\n\n"]) == [b"", b""]
    assert split([]) == []


def test_of_a_line_that_is_too_long_nothing_is_kept() -> None:
    splitter = LineSplitter(MAX_BYTES)
    for _ in range(5):
        assert splitter.feed(b"x" * 100) == []
        assert splitter._rest == b""  # noqa: SLF001  the memory is the point
    assert splitter.feed(b"x\nnext\n") == [None, b"next"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (None, "too_long"),
        (b'{"text": "123456"}', "too_long"),
        (b'{"text": "\\ud800"}', "invalid"),
        (b"", "malformed"),
        (b"{", "malformed"),
        (b'"text"', "malformed"),
        (b'["text"]', "malformed"),
        (b'{"text": 1}', "malformed"),
        (b'{"text": "a", "explain": true}', "malformed"),
        (b'{"texts": ["a"]}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"\xff", "malformed"),
    ],
)
def test_a_bad_line_is_named(line: bytes | None, code: str) -> None:
    error = parse_line(line, max_characters=5)
    assert isinstance(error, TextError)
    assert error.code == code
    error.message.encode()


@given(st.text(max_size=5))
def test_a_good_line_is_its_text(text: str) -> None:
    assert parse_line(json.dumps({"text": text}).encode() + b" \r", max_characters=5) == text
