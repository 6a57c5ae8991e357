"""Packed cells in pieces."""

from __future__ import annotations

import numpy as np
from charcnn.features import Packed, pack
from charcnn.onnx_backend import Neighbours, Window, windows
from hypothesis import given
from hypothesis import strategies as st

STRIDE, REACH, SIZE = 4, 3, 10
LENGTHS = st.lists(st.one_of(st.integers(0, 12), st.integers(0, 400)), min_size=1, max_size=12)


def packed(lengths: list[int], gap: int = 1) -> Packed:
    return pack([np.full(length, 65, np.uint8) for length in lengths], stride=STRIDE, gap=gap)


@given(LENGTHS)
def test_every_cell_is_in_one_window_and_the_cells_it_depends_on_are_there_too(lengths: list[int]) -> None:
    texts = packed(lengths)
    cut = list(windows(texts, SIZE, REACH))
    assert [window.first for window in cut] == [0, *(window.last for window in cut[:-1])]
    assert cut[-1].last == len(texts.cell_text)
    for window in cut:
        assert 0 <= window.begin <= window.first < window.last <= window.end <= len(texts.cell_text)
        assert window.last - window.first <= 1.5 * SIZE
        for cell in range(window.first, window.last):
            owner = texts.cell_text[cell]
            if owner < len(lengths):
                near = range(max(cell - REACH, 0), min(cell + REACH + 1, len(texts.cell_text)))
                seen = [other for other in near if texts.cell_text[other] == owner]
                assert window.begin <= min(seen)
                assert max(seen) < window.end


@given(LENGTHS, st.integers(0, 2))
def test_a_cell_sees_its_own_text_and_no_other(lengths: list[int], gap: int) -> None:
    texts = packed(lengths, gap)
    offsets = [-2, -1, 0, 1, 2]
    for window in windows(texts, SIZE, REACH):
        indices = Neighbours(texts, offsets).within(window)
        assert indices.shape == (window.end - window.begin, len(offsets))
        for cell in range(window.first, window.last):
            owner = texts.cell_text[cell]
            for offset, index in zip(offsets, indices[cell - window.begin].tolist(), strict=True):
                other = cell + offset
                of_same_text = 0 <= other < len(texts.cell_text) and texts.cell_text[other] == owner
                if owner < len(lengths) and of_same_text:
                    assert window.begin + index - 1 == other
                else:
                    assert index == 0


def test_texts_that_fit_are_not_cut() -> None:
    assert list(windows(packed([40, 40, 40]), 21, REACH)) == [Window(0, 0, 11, 11), Window(11, 11, 32, 32)]


def test_a_long_text_is_cut_with_what_it_sees_around_the_cut() -> None:
    assert list(windows(packed([100]), 10, REACH)) == [Window(0, 0, 10, 13), Window(7, 10, 25, 25)]
