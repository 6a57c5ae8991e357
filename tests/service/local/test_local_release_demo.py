"""`make release-demo`: people judge a good and a bad version."""

import pytest
from opine_local.release_demo import main

from tests.support import ROOT


def test_the_good_version_is_promoted_and_the_bad_one_taken_back(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", str(ROOT / "services/sentiment/model")]) is None
    said = capfd.readouterr().out
    assert "demo-good was promoted" in said
    assert "demo-bad was rolled back" in said
    assert "people correct its proposals no more often" in said
    assert "people correct its proposals more often" in said
