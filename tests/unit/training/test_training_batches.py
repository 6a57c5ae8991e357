"""What a step reads depends on the seed, the epoch and the step alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from opine_training.config import SamplingConfig, ScheduleConfig
from opine_training.networks import build_encoding
from opine_training.optimisation import Batch, Processes, learning_rate, one_cycle, triangle
from opine_training.sampling import Epoch, SoftTargets, epoch_indices, steps

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config import TrainConfig
    from opine_training.corpus import Dataset

CLASSES = np.array([0] * 10 + [1] * 30 + [2] * 60)


def test_steps_hold_every_text_once_within_their_size() -> None:
    cost = np.random.default_rng(0).integers(1, 500, 1000)
    found = steps(np.arange(1000), cost, SamplingConfig(batch_characters=2000), np.random.default_rng(1))
    assert sorted(np.concatenate(found).tolist()) == list(range(1000))
    assert max(cost[step].sum() for step in found) <= 2000 + 500
    spread = np.mean([np.ptp(cost[step]) for step in found])
    assert spread < 150  # of 500: alike in length


def test_steps_can_count_texts() -> None:
    found = steps(np.arange(100), np.full(100, 1014), SamplingConfig(batch_texts=32), np.random.default_rng(1))
    assert sorted(len(step) for step in found) == [4, 32, 32, 32]


def test_all_rows_are_read_once() -> None:
    assert epoch_indices(CLASSES, SamplingConfig(), 1, 0).tolist() == list(range(100))


def test_classes_are_cut_to_the_same_rows_in_every_epoch() -> None:
    config = SamplingConfig(classes="cut", ratio=2)
    first, second = (epoch_indices(CLASSES, config, 1, epoch) for epoch in (0, 1))
    assert np.bincount(CLASSES[first]).tolist() == [10, 20, 20]
    np.testing.assert_array_equal(first, second)


def test_classes_are_drawn_alike_and_anew_in_every_epoch() -> None:
    config = SamplingConfig(classes="drawn")
    drawn = [epoch_indices(CLASSES, config, 1, epoch) for epoch in range(100)]
    shares = np.bincount(CLASSES[np.concatenate(drawn)]) / 10_000
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)
    assert drawn[0].tolist() != drawn[1].tolist()


def epoch(dataset: Dataset, config: TrainConfig, rank: int = 0, count: int = 1) -> Epoch:
    return Epoch(dataset.train, build_encoding(config), config, 3, processes=Processes(rank, count))


def test_a_step_is_the_same_whenever_it_is_prepared(dataset: Dataset, small_config: TrainConfig) -> None:
    first, again = epoch(dataset, small_config)[5], epoch(dataset, small_config)[5]
    for one, other in zip(first.inputs, again.inputs, strict=True):
        assert torch.equal(torch.as_tensor(one), torch.as_tensor(other))


def test_processes_share_a_step_without_overlap(dataset: Dataset, small_config: TrainConfig) -> None:
    whole = epoch(dataset, small_config)[2]
    parts = [epoch(dataset, small_config, rank, 3)[2] for rank in range(3)]
    assert sum(len(part.weights) for part in parts) == len(whole.weights)
    assert sum(float(part.weights.sum()) for part in parts) == pytest.approx(whole.total)
    assert {part.total for part in parts} == {whole.total}
    together = torch.zeros_like(whole.targets.classes)
    for rank, part in enumerate(parts):
        together[rank::3] = part.targets.classes
    assert torch.equal(together, whole.targets.classes)


def test_a_process_without_a_text_reads_one_that_counts_for_nothing(
    dataset: Dataset, small_config: TrainConfig
) -> None:
    config = replace(small_config, sampling=SamplingConfig(batch_texts=1))
    idle: Batch = epoch(dataset, config, 1, 2)[0]
    assert idle.weights.tolist() == [0.0]
    assert idle.total > 0


@pytest.mark.parametrize(("share", "factor"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.55, 0.5), (1.0, 0.0)])
def test_one_cycle(share: float, factor: float) -> None:
    assert one_cycle(share, 0.1) == pytest.approx(factor, abs=1e-9)


@pytest.mark.parametrize(
    ("config", "rates"),
    [
        (ScheduleConfig(kind="constant"), [0.01, 0.01, 0.01]),
        (ScheduleConfig(kind="step", step_epochs=3), [0.01, 0.005, 0.0025]),
        (ScheduleConfig(kind="cyclical", lowest=0.002, step_epochs=4), [0.002, 0.008, 0.006]),
    ],
)
def test_schedules_of_2019(config: ScheduleConfig, rates: list[float]) -> None:
    assert [learning_rate(0.01, config, epoch, 10) for epoch in (0, 3, 6)] == pytest.approx(rates)


def test_the_triangle_repeats() -> None:
    assert [triangle(each / 2) for each in range(6)] == pytest.approx([0, 0.5, 1, 0.5, 0, 0.5])


def test_a_teacher_is_asked_for_the_text_or_for_a_piece_of_it(tmp_path: Path) -> None:
    file = tmp_path / "soft.npz"
    logits = np.arange(15, dtype=np.float32).reshape(3, 5)
    digests = np.array([7, 9, 7], np.uint64)
    np.savez(file, digests=digests, logits=logits, begins=np.array([2, 0, 0]), ends=np.array([6, 0, 0]))
    teacher, rng = SoftTargets.load(file), np.random.default_rng(0)
    whole, piece = teacher.choose(7, 0.0, rng), teacher.choose(7, 1.0, rng)
    assert whole is not None
    assert piece is not None
    assert (whole.begin, whole.end, whole.logits.tolist()) == (0, None, logits[2].tolist())
    assert (piece.begin, piece.end, piece.logits.tolist()) == (2, 6, logits[0].tolist())
    only_whole = teacher.choose(9, 1.0, rng)
    assert only_whole is not None
    assert only_whole.end is None
    assert teacher.choose(8, 0.5, rng) is None
    assert teacher.classes == 5


def test_a_batch_carries_the_teachers_logits_of_what_it_reads(dataset: Dataset, small_config: TrainConfig) -> None:
    known = dataset.train.digests[::2]
    teacher = SoftTargets(np.array(known), np.tile(np.arange(5, dtype=np.float32), (len(known), 1)))
    encoding = build_encoding(small_config)
    read = Epoch(dataset.train, encoding, small_config, 0, processes=Processes(), soft_targets=teacher)
    soft = [read[number].targets.soft for number in range(len(read))]
    rows = torch.cat([each for each in soft if each is not None])
    taught = ~rows.isnan().any(dim=1)
    assert len(rows) == len(dataset.train)
    assert int(taught.sum()) == len(known)
    assert torch.equal(rows[taught][0], torch.arange(5.0))
