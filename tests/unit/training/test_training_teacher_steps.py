"""What the teacher reads in an epoch, and what a step does to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from opine_training.optimisation import Device
from opine_training.teacher.dataset import SpecialTokens, TeacherEpoch, TokenDataset, TokenTexts, epoch_rows, even_rows
from opine_training.teacher.training import TeachConfig, TeacherStepper, rate_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_training.teacher.encoder import Teacher

SMALL = TeachConfig(batch_tokens=64, longest=12)


def token_dataset(lengths: list[int]) -> TokenDataset:
    """Each text counts its tokens, from its number times a hundred."""
    tokens = np.concatenate([100 * number + np.arange(length) for number, length in enumerate(lengths)])
    texts = TokenTexts(tokens.astype(np.uint16), np.cumsum(lengths), SpecialTokens(first=7, last=8))
    return TokenDataset(texts, np.arange(len(lengths)) % 5)


def test_the_most_frequent_star_is_thinned() -> None:
    stars = np.repeat([0, 1, 3, 4], [30, 10, 20, 90])
    rows = epoch_rows(stars, 1.5, np.random.default_rng(0))
    assert np.bincount(stars[rows]).tolist() == [30, 10, 0, 20, 45]
    other = epoch_rows(stars, 1.5, np.random.default_rng(1))
    assert rows.tolist() != other.tolist()
    assert epoch_rows(stars, 3, np.random.default_rng(0)).tolist() == list(range(150))
    assert epoch_rows(np.zeros(9, np.int64), 1.5, np.random.default_rng(0)).tolist() == list(range(9))


def test_rows_are_drawn_evenly_of_all_stars() -> None:
    stars = np.repeat([0, 1, 3, 4], [30, 10, 20, 90])
    rows = even_rows(stars, 70, np.random.default_rng(0))
    assert np.bincount(stars[rows]).tolist() == [20, 10, 0, 20, 20]
    assert rows.tolist() != even_rows(stars, 70, np.random.default_rng(1)).tolist()
    assert even_rows(stars, 500, np.random.default_rng(0)).tolist() == list(range(150))
    epoch = TeacherEpoch(token_dataset([8] * 50), replace(SMALL, rows=20), 0)
    assert sum(len(epoch[number].stars) for number in range(len(epoch))) == 20


def test_an_epoch_reads_every_text_or_a_beginning_of_it() -> None:
    lengths = np.random.default_rng(0).integers(6, 12, 200).tolist()
    given = token_dataset(lengths)
    epochs = [TeacherEpoch(given, SMALL, number) for number in (0, 0, 1)]
    seen: dict[int, int] = {}
    for number in range(len(epochs[0])):
        batch = epochs[0][number]
        assert batch.tokens.numel() <= 64
        assert batch.tokens.equal(epochs[1][number].tokens)
        for tokens, count, star in zip(batch.tokens.tolist(), batch.mask.sum(1).tolist(), batch.stars, strict=True):
            text = tokens[1] // 100
            assert tokens[1 : count - 1] == [100 * text + index for index in range(count - 2)]
            assert star == text % 5
            assert (tokens[0], tokens[count - 1]) == (7, 8)
            seen[text] = count - 2
    assert sorted(seen) == list(range(200))
    shortened = np.mean([length < lengths[text] for text, length in seen.items()])
    assert 0.15 < shortened < 0.4
    assert min(seen.values()) >= 5
    assert not all(epochs[0][n].tokens.equal(epochs[2][n].tokens) for n in range(min(map(len, epochs))))


def test_rates_rise_and_fall_in_straight_lines() -> None:
    config = TeachConfig(warmup=0.25, cooldown=0.75)
    factors = [rate_factor(done, config) for done in (0, 0.125, 0.25, 0.625, 1)]
    assert factors == pytest.approx([0, 0.5, 1, 0.5, 0])
    falling = TeachConfig(warmup=0, cooldown=1)
    assert all(one >= other for one, other in pairwise(rate_factor(n / 10, falling) for n in range(11)))


def test_until_its_cool_down_a_longer_run_is_the_same() -> None:
    short, long = (TeachConfig(epochs=epochs, warmup=0.1, cooldown=0.25) for epochs in (0.4, 2))
    for done in (0, 0.05, 0.1, 0.3):
        assert rate_factor(done, short) == rate_factor(done, long)
    assert rate_factor(0.35, short) == pytest.approx(0.5)
    assert [rate_factor(done, long) for done in (0.4, 1.5, 1.75)] == pytest.approx([1, 1, 0.5])


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"cooldown": 2}, {"longest": 511}, {"checkpoint_minutes": -1}, {"rows": -1}]
)
def test_a_configuration_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TeachConfig(**wrong)  # type: ignore[arg-type]


def test_the_head_learns_faster_and_both_as_fast_as_they_are_told(tiny_teacher: Callable[[int], Teacher]) -> None:
    config = TeachConfig(learning_rate=1e-4, head_factor=10, weight_decay=0)
    batch = TeacherEpoch(token_dataset([8] * 20), SMALL, 0)[0]
    for factor in (0.0, 0.5):
        network = tiny_teacher(1)
        stepper = TeacherStepper(network, config, Device(torch.device("cpu"), half=False, compiled=False))
        watched = [network.get_parameter(name) for name in ("encoder.encoder.layer.0.output.dense.bias", "head.bias")]
        before = [each.detach().clone() for each in watched]
        loss = stepper.step(batch, factor, (1, 0, 0))
        moved = [float((each.detach() - was).abs().max()) for each, was in zip(watched, before, strict=True)]
        assert moved == pytest.approx([1e-4 * factor, 1e-3 * factor], rel=0.01)  # Adam's first step is its rate
        assert loss == pytest.approx(np.log(5), abs=0.5)
