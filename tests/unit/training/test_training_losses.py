from __future__ import annotations

import math

import pytest
import torch
from opine_training.config import LossConfig
from opine_training.optimisation import Targets, class_weights, focal, losses, soft_cross_entropy, weighted_mean
from torch.nn import functional

LOGITS = torch.tensor([[2.0, 0.0, -1.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0], [-3.0, 1.0, 4.0, 0.0, 0.0]])
CLASSES = torch.tensor([0, 3, 1])


def test_cross_entropy_is_smoothed() -> None:
    found = losses(LOGITS, Targets(CLASSES), LossConfig(label_smoothing=0.1))
    expected = functional.cross_entropy(LOGITS, CLASSES, label_smoothing=0.1, reduction="none")
    torch.testing.assert_close(found, expected)


def test_focal_by_hand() -> None:
    assert focal(torch.zeros(1, 4), torch.tensor([2]), 2.0).item() == pytest.approx(0.75**2 * math.log(4))
    torch.testing.assert_close(focal(LOGITS, CLASSES, 0.0), functional.cross_entropy(LOGITS, CLASSES, reduction="none"))
    halved = losses(LOGITS, Targets(CLASSES), LossConfig(kind="focal", alpha=0.5))
    torch.testing.assert_close(halved, focal(LOGITS, CLASSES, 2.0) / 2)


def test_a_students_loss_is_least_where_it_says_what_its_teacher_says() -> None:
    teacher = torch.tensor([[1.0, 2.0, 0.0, -1.0, 0.0]])
    assert soft_cross_entropy(teacher + 7, teacher, 2.0).item() == pytest.approx(0, abs=1e-6)
    p, q = teacher.softmax(1), LOGITS[:1].softmax(1)
    by_hand = (p * (p / q).log()).sum().item()
    assert soft_cross_entropy(LOGITS[:1], teacher, 1.0).item() == pytest.approx(by_hand, rel=1e-5)


def test_texts_that_the_teacher_has_not_read_keep_the_hard_loss() -> None:
    soft = torch.zeros(3, 5)
    soft[1] = torch.nan
    logits = LOGITS.clone().requires_grad_()
    config = LossConfig(label_smoothing=0.0, soft_weight=0.5, soft_temperature=1.0)
    found = losses(logits, Targets(CLASSES, soft), config)
    hard = functional.cross_entropy(LOGITS, CLASSES, reduction="none")
    taught = soft_cross_entropy(LOGITS, torch.zeros(3, 5), 1.0)
    expected = torch.stack([(hard[0] + taught[0]) / 2, hard[1], (hard[2] + taught[2]) / 2])
    torch.testing.assert_close(found.detach(), expected)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_class_weights_balance_by_degrees() -> None:
    counts = torch.tensor([10, 90])
    torch.testing.assert_close(class_weights(counts, 0.0), torch.ones(2))
    balanced = class_weights(counts, 1.0)
    torch.testing.assert_close(balanced * counts, torch.full((2,), 50.0))
    between = class_weights(counts, 0.5)
    assert 1 < between[0] < balanced[0]
    assert (between * counts).sum().item() == pytest.approx(100)


def test_parts_of_a_step_add_up_to_the_whole() -> None:
    values, weights = torch.arange(6.0), torch.tensor([1.0, 2, 3, 1, 2, 3])
    whole = weighted_mean(values, weights, 12.0)
    parts = sum(weighted_mean(values[rank::2], weights[rank::2], 12.0) for rank in range(2))
    torch.testing.assert_close(parts, whole)


@pytest.mark.parametrize(
    "wrong", [{"label_smoothing": 1.5}, {"gamma": -1}, {"soft_temperature": 0}, {"soft_weight": 2}]
)
def test_a_configuration_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LossConfig(**wrong)  # type: ignore[arg-type]
