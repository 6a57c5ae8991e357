from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from opine_training.commands import train
from opine_training.commands.ablate import AblationError, read_plan, run_folder, run_missing, table

from tests.support import ROOT

PLAN_OF_DOCUMENTS = ROOT / "training/ablation.toml"
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
        "calibration_error": 0.02,
        "beginnings": {"25%": 0.7},
        "robustness": {"typos": {"macro_f1": 0.6}, "capitals": {"macro_f1": 0.65}},
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
    assert "| as it is | 0.710 ± 0.014 | 0.900 ± 0.000 |" in found
    assert found.rstrip().endswith("| 0.700 ± 0.000 | 0.600 ± 0.000 | 0.650 ± 0.000 | -0.020 |")
    assert run_folder(tmp_path, "without prefixes", 2).name == "without-prefixes-2"


def test_what_the_first_run_read_is_lent_to_the_others(plan_file: Path, tmp_path: Path) -> None:
    plan = read_plan(plan_file)
    runs = [run_folder(tmp_path, variant, seed) for variant in plan.variants for seed in plan.seeds]

    def read(arguments: list[str]) -> None:
        corpus = Path(arguments[-1]) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        (corpus / "texts").touch()

    run_missing(plan, tmp_path, read)
    assert len({(run / "corpus/texts").stat().st_ino for run in runs}) == 1
    shutil.rmtree(runs[1] / "corpus")
    assert all((run / "corpus/texts").exists() for run in runs[2:])


def test_the_plan_behind_the_documents_has_as_many_configurations_as_variants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[train.Train] = []
    monkeypatch.setattr(train, "run", lambda options, _: asked.append(options))
    plan = read_plan(PLAN_OF_DOCUMENTS).model_copy(update={"seeds": (1,)})
    run_missing(plan, tmp_path, train.main)
    assert len({repr(options.training) for options in asked}) == len(plan.variants)


@pytest.mark.parametrize("wrong", ["seeds = []", "seeds = [1]\nshared = []\n[variants]\n", "seeds = ["])
def test_a_plan_that_says_nothing_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "plan.toml").write_text(wrong)
    with pytest.raises(AblationError, match=r"plan\.toml"):
        read_plan(tmp_path / "plan.toml")
