from __future__ import annotations

import numpy as np
import pytest
from charcnn.config import NetworkConfig
from charcnn.features import look_up_rows, pack, row_count
from charcnn.text import encode
from hypothesis import given
from hypothesis import strategies as st

CONFIG = NetworkConfig(ngrams=((3, 1024),), word_rows=4096)


def rows(text: str) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    symbols = encode(text).symbols
    return look_up_rows(pack([symbols], stride=1, gap=0), CONFIG)[: len(symbols)]


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=80))
def test_rows_stay_inside_their_table(text: str) -> None:
    found = rows(text)
    assert (found[:, 0] < 128).all()
    assert ((found[:, 1] >= 128) & (found[:, 1] < 128 + 1024)).all() or not len(found)
    assert ((found[:, 2] >= 1152) & (found[:, 2] < row_count(CONFIG))).all() or not len(found)


@given(st.text("abc 'é.", max_size=30), st.sampled_from(["good", "don't", "a1"]))
def test_a_word_has_the_same_row_wherever_it_stands(before: str, word: str) -> None:
    assert rows(f"{before} {word}")[-1, 2] == rows(word)[-1, 2]


def test_an_ngram_depends_on_its_own_characters_alone() -> None:
    assert rows("xxgood")[-1, 1] == rows("yy ood")[-1, 1]
    assert rows("good")[-1, 1] != rows("goat")[-1, 1]


def test_case_is_folded_for_hashes_but_not_for_characters() -> None:
    upper, lower = rows("GOOD"), rows("good")
    assert (upper[:, 1:] == lower[:, 1:]).all()
    assert (upper[:, 0] != lower[:, 0]).all()


def test_hashes_spread() -> None:
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "abcdefgh" for c in "abcdefgh"]
    assert len({int(rows(word)[-1, 2]) for word in words}) > 470  # 512 words into 4,096 rows: 481 expected


def test_blanks_have_row_zero() -> None:
    assert (look_up_rows(pack([np.zeros(5, np.uint8)], stride=1, gap=0), CONFIG) == 0).all()


def test_row_counts_must_be_powers_of_two() -> None:
    with pytest.raises(ValueError, match="powers of two"):
        NetworkConfig(word_rows=1000)
