"""The written rule of `charcnn.text`, case by case."""

from __future__ import annotations

import numpy as np
import pytest
from charcnn.text import EMOJI, HAPPY, LETTER, SAD, SYMBOL, SymbolTable, encode, spread
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Good, 100% & more!", "Good, 100% & more!"),
        ("a\tb\nc\u00a0d\u2003e", "a b c d e"),
        ("a\r\nb\r\n\r\nc\rd\n\re", "a b  c d  e"),
        ("\u201cdon\u2019t\u201d \u2013 well\u2026", '"don\'t" - well.'),
        ("Cr\u00e8me Br\u00fbl\u00e9e", "Creme Brulee"),
        ("\uff21\uff22\uff23 \u2460 \U0001d400", "ABC 1 A"),
        ("\u0664\u0665", "45"),
    ],
)
def test_look_alikes_are_folded(text: str, read_as: str) -> None:
    assert bytes(encode(text).symbols).decode() == read_as


def test_a_line_end_of_two_characters_is_read_as_one_and_traced_to_its_second() -> None:
    encoded = encode("a\r\nb\u2014")
    assert bytes(encoded.symbols) == b"a b-"
    assert encoded.positions is not None
    assert encoded.positions.tolist() == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("😍", HAPPY), ("👎", SAD), ("🚲", EMOJI), ("ж", LETTER), ("中", LETTER), ("\U0002a700", LETTER), ("€", SYMBOL)],
)
def test_what_has_no_look_alike_is_one_symbol(text: str, symbol: int) -> None:
    assert encode(text).symbols.tolist() == [symbol]


@pytest.mark.parametrize("unseen", ["\0", "\u200b", "\u200d", "\ufe0f", "\u0301", "\U0001f3fd", "\ufeff", "\x7f"])
def test_what_cannot_be_seen_is_skipped(unseen: str) -> None:
    encoded = encode(f"a{unseen}b")
    assert bytes(encoded.symbols) == b"ab"
    assert encoded.positions is not None
    assert encoded.positions.tolist() == [0, 2]


def test_composed_and_decomposed_accents_read_alike() -> None:
    assert bytes(encode("caf\u00e9").symbols) == bytes(encode("cafe\u0301").symbols)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode("a\ud800")


def test_a_text_is_read_alike_whichever_came_before() -> None:
    """The table is filled in page by page."""
    everything = np.arange(0x20000, dtype=np.uint32)
    at_once, backwards = SymbolTable(), SymbolTable()
    for first in range(0x1FF80, -1, -0x80):
        backwards.look_up(everything[first : first + 0x80])
    assert np.array_equal(at_once.look_up(everything), backwards.look_up(everything))


@given(st.text(max_size=50))
def test_ascii_is_read_alike_alone_and_among_others(text: str) -> None:
    ascii_only = "".join(character for character in text if character.isascii())
    assert bytes(encode(ascii_only).symbols) == bytes(encode(ascii_only + "\u4e2d").symbols[:-1])


@given(st.text(max_size=200))
def test_one_symbol_a_character_at_most_and_each_traced_back(text: str) -> None:
    encoded = encode(text)
    back = spread(np.ones(len(encoded), np.float32), encoded)
    assert back.shape == (len(text),)
    assert back.sum() == len(encoded)
    assert len(encoded.symbols) == 0 or 0 < encoded.symbols.min() <= encoded.symbols.max() < 128
