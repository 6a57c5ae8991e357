from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from opine_training.behaviour import KINDS
from opine_training.report import confusion_picture, verdict_page

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.array([0, 1, 2, 2])


def test_the_same_figures_draw_the_same_picture(tmp_path: Path) -> None:
    for name in ("first", "second", "other"):
        confusion_picture(LABELS, LABELS if name != "other" else LABELS[::-1], tmp_path / f"{name}.svg")
    first, second, other = ((tmp_path / f"{name}.svg").read_text() for name in ("first", "second", "other"))
    assert first == second != other


def test_a_verdict_is_told_without_markup_of_others() -> None:
    interval = {"reviews": 40, "low": 0.0, "difference": 0.0, "high": 0.0, "margin": 0.01}
    behaviour = {"kinds": {kind: {"texts": 1, "accepted": 1.0} for kind in KINDS}}
    checks = {
        "corrections": {"passed": False, "said": "only 40 < 50 reviews", **interval},
        "others": {"passed": True, "said": "none", **interval},
        "behaviour": {"passed": True, "said": "as before", "live": behaviour, "candidate": behaviour},
    }
    page = verdict_page("<b>model</b> 1", {}, {"passed": False, "checks": checks}, {})
    assert "<b>" not in page
    assert '<span class="refused">refused</span>' in page
    assert page.count('<td class="passed">passed</td>') == 2
    assert "only 40 &lt; 50 reviews" in page
    assert page.count("<svg") == 3
