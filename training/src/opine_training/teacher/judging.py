from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charcnn.calibration import LABEL_OF_STAR

from opine_training.calibration import calibrated_log_loss, fit_calibration
from opine_training.evaluation.metrics import macro_f1
from opine_training.teacher.inference import teacher_logits
from opine_training.teacher.tokens import clipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.tokens import TokenTexts


@dataclass(frozen=True, slots=True)
class Lessons:
    texts: TokenTexts
    stars: NDArray[np.int64]
    """0-4, shape (N,)."""


def figures(network: Teacher, tuning: Lessons, longest: int, device: Device) -> dict[str, float]:
    """What a teacher knows of the tuning rows, calibrated on them."""
    texts = [clipped(tuning.texts[place], longest) for place in range(len(tuning.texts))]
    logits = teacher_logits(network, texts, tuning.texts.special, device)
    calibration = fit_calibration(logits, tuning.stars)
    labels = calibration.labels(calibration.probabilities(logits))
    return {
        "log_loss": calibrated_log_loss(logits, tuning.stars),
        "macro_f1": macro_f1(LABEL_OF_STAR[tuning.stars], labels),
    }
