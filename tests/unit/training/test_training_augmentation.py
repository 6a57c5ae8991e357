from __future__ import annotations

import numpy as np
import pytest
from opine_training.config import AugmentationConfig
from opine_training.evaluation import beginning, with_typos, without_punctuation
from opine_training.sampling import augment, bare, lower, prefix, stretch, typos, upper

TEXT = "Great shop, I'd buy AGAIN! Quick delivery; fair price - and friendly people (really)."
SYMBOLS = np.frombuffer(TEXT.encode(), np.uint8)


def text(symbols: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    return symbols.tobytes().decode()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_case() -> None:
    assert text(upper(SYMBOLS)) == TEXT.upper()
    assert text(lower(SYMBOLS)) == TEXT.lower()


def test_bare_text_has_no_punctuation_but_is_never_empty() -> None:
    assert text(bare(SYMBOLS)) == "Great shop Id buy AGAIN Quick delivery fair price  and friendly people really"
    assert text(bare(np.frombuffer(b"?!", np.uint8))) == "?!"


def test_a_prefix_is_a_beginning_of_a_fifth_at_least() -> None:
    lengths = {len(prefix(SYMBOLS, rng(seed))) for seed in range(200)}
    assert all(TEXT.startswith(text(prefix(SYMBOLS, rng(seed)))) for seed in range(20))
    assert min(lengths) >= 20
    assert len(lengths) > 30


def test_a_stretch_is_the_start_or_the_end() -> None:
    found = {text(stretch(SYMBOLS, rng(seed), 10)) for seed in range(20)}
    assert found == {TEXT[:10], TEXT[-10:]}
    assert text(stretch(SYMBOLS, rng(), 1000)) == TEXT


def test_typos_touch_about_the_rate_and_leave_their_input_alone() -> None:
    long = np.tile(SYMBOLS, 100)
    before = long.copy()
    typed = typos(long, rng(), 0.05)
    np.testing.assert_array_equal(long, before)
    assert abs(len(typed) - len(long)) < 0.02 * len(long)
    changed = typos(np.full(10_000, ord("-"), np.uint8), rng(), 0.05)
    assert 0.005 < (changed != ord("-")).mean() < 0.02  # of the four kinds one shows on equal symbols
    np.testing.assert_array_equal(typos(long, rng(3), 0.05), typos(long, rng(3), 0.05))
    assert len(typos(long[:0], rng(), 0.5)) == 0


def test_swapped_symbols_are_neither_lost_nor_doubled() -> None:
    swaps_only = [typos(np.arange(40, dtype=np.uint8), rng(seed), 0.2) for seed in range(300)]
    same_length = [each for each in swaps_only if sorted(each.tolist()) == list(range(40))]
    assert any(each.tolist() != list(range(40)) for each in same_length)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (AugmentationConfig(prefix_share=0), TEXT),
        (AugmentationConfig(prefix_share=0, upper_share=1), TEXT.upper()),
        (AugmentationConfig(prefix_share=0, lower_share=1), TEXT.lower()),
        (AugmentationConfig(prefix_share=0, bare_share=1), text(bare(SYMBOLS))),
    ],
)
def test_shares_say_how_often(config: AugmentationConfig, expected: str) -> None:
    assert text(augment(SYMBOLS, config, rng())) == expected


def test_pieces_are_cut_no_further() -> None:
    config = AugmentationConfig(prefix_share=1)
    assert text(augment(SYMBOLS, config, rng(1), whole=False)) == TEXT
    assert len(augment(SYMBOLS, config, rng(1))) < len(TEXT)


def test_variants_of_the_evaluation_are_repeatable() -> None:
    emoji = TEXT + " caf\u00e9 \U0001f600"
    assert with_typos(emoji) == with_typos(emoji) != emoji
    assert without_punctuation("it\u2019s (so) good\u2026") == "its so good"
    assert beginning(0.25)("abcdefgh") == "ab"
    assert beginning(0.25)("a") == "a"
