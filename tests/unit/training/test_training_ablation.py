from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from opine_training.ablation import AblationError, read_plan, run_folder, run_missing, table

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """
seeds = [1, 2]
shared = ["--data", "nowhere"]
[variants]
"as it is" = []
"without prefixes" = ["--augmentation.prefix-share", "0"]
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path / "plan.toml"


def write_metrics(folder: Path, macro_f1: float) -> None:
    folder.mkdir(parents=True)
    figures = {
        "macro_f1": macro_f1,
        "accuracy": 0.9,
        "accuracy_uniform_prior": 0.8,
        "stars_mean_absolute_error": 0.4,
        "calibration_error": 0.02,
    }
    (folder / "metrics.json").write_text(json.dumps({"validation": {"all": figures}}))


def test_the_table_has_mean_spread_and_difference(plan_file: Path, tmp_path: Path) -> None:
    plan = read_plan(plan_file)
    for variant, values in {"as it is": (0.70, 0.72), "without prefixes": (0.69, 0.69)}.items():
        for seed, value in zip(plan.seeds, values, strict=True):
            write_metrics(run_folder(tmp_path, variant, seed), value)
    run_missing(plan, tmp_path, lambda _: pytest.fail("all are done"))
    found = table(plan, tmp_path)
    assert "mean ± standard deviation of 2 seeds" in found
    assert "| as it is | 0.7100 ± 0.0141 | 0.9000 ± 0.0000 |" in found
    assert found.rstrip().endswith("| -0.0200 |")
    assert run_folder(tmp_path, "without prefixes", 2).name == "without-prefixes-2"


@pytest.mark.parametrize("wrong", ["seeds = []", "seeds = [1]\nshared = []\n[variants]\n", "seeds = ["])
def test_a_plan_that_says_nothing_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "plan.toml").write_text(wrong)
    with pytest.raises(AblationError, match=r"plan\.toml"):
        read_plan(tmp_path / "plan.toml")
