import json
from pathlib import Path

from charcnn.artefact import read_manifest
from opine_local.release_demo import CANDIDATES, describe, make_version

from tests.support import ROOT

MODEL = ROOT / "services/sentiment/model"


def test_candidates_are_the_shipped_weights_with_another_calibration(tmp_path: Path) -> None:
    shipped = json.loads((MODEL / "model.json").read_text())
    for candidate in CANDIDATES:
        manifest = read_manifest(make_version(MODEL, tmp_path / candidate.version, candidate))
        assert manifest.version == candidate.version
        assert manifest.calibration.model_dump(mode="json") != shipped["calibration"]
        assert {name: entry.sha256 for name, entry in manifest.files.items()} == {
            name: entry["sha256"] for name, entry in shipped["files"].items()
        }
    assert {candidate.outcome for candidate in CANDIDATES} == {"promoted", "rolled_back"}


def test_a_decision_is_told_with_its_numbers() -> None:
    counts = {"candidate": 1, "candidate_of": 20, "baseline": 30, "baseline_of": 200}
    assert describe({"reason": "nothing against it", "corrected_at_10": counts}) == (
        "nothing against it; 1 of 20 proposals corrected, 30 of 200 of the live version's"
    )
    assert describe({}) == "a person's decision"
