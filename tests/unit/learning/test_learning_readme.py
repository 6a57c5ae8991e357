"""What the README says of settings and commands."""

from __future__ import annotations

import re

import pytest
from opine_learning.cli import main
from opine_learning.judge import Policy
from opine_learning.settings import Settings
from pydantic_core import PydanticUndefined

from tests.support import ROOT

README = (ROOT / "services/learning/README.md").read_text()
SETTING = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    documented = [(name, default.strip("`"), meaning) for name, default, meaning in SETTING.findall(README)]
    assert documented == [
        (
            f"OPINE_LEARNING_{name.upper()}",
            "" if field.default is PydanticUndefined else str(field.default),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    ]


def test_the_readme_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = re.search(r"\{(.+?)\}", capsys.readouterr().out)
    assert known is not None
    assert re.findall(r"^opine-learning ([a-z]+)", README, re.MULTILINE) == known[1].split(",")


def test_the_settings_are_the_policy() -> None:
    assert Settings.model_validate({"registry_token": "t"}).policy == Policy()
    assert Settings.model_validate({"registry_token": "t", "margin": 0.1}).policy == Policy(margin=0.1)
    with pytest.raises(ValueError, match="registry_token"):
        Settings.model_validate({})
