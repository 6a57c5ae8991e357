"""The benchmark works: one short round of what needs no peer that only its own environment has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BENCH = ROOT / "services/sentiment/bench"


def test_a_quick_run_writes_figures_and_a_table(tmp_path: Path) -> None:
    peers = ["--engines", "opine", "legacy_2019", "--servers", "opine", "stock_bentoml"]
    result = subprocess.run(
        [sys.executable, "-m", "sentiment_bench", "--quick", "--out", str(tmp_path), *peers],
        cwd=BENCH,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # noqa: TID251  the child's
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results["parts"]) == {"start", "engine", "http", "burst", "bulk", "shadow"}
    assert len(results["aims"]) == 11
    burst = results["parts"]["burst"]["servers"]["opine"]
    assert (burst["good_answered"]["median"], burst["computed_in_vain"]["median"]) == (30, 0)
    assert results["parts"]["bulk"]["texts_a_second"]["ndjson"]["median"] > 0
    shadow = results["parts"]["shadow"]["shadow"]
    assert (shadow["with"]["failed"]["median"], shadow["without"]["compared_share"]["median"]) == (0, 0)
    assert shadow["with"]["compared_share"]["median"] > 0
    assert "| HTTP: times stock BentoML's requests a second, 16 clients |" in result.stdout
