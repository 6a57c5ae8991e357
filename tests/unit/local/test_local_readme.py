import re
from pathlib import Path

from opine_local.settings import PREFIX, Settings

REPOSITORY = Path(__file__).parents[3]
README = (REPOSITORY / "services/local/README.md").read_text()


def documented() -> dict[str, str]:
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) +\|", README, re.MULTILINE))


def test_each_setting_is_documented_with_its_default() -> None:
    own = {
        str(field.validation_alias or f"{PREFIX}{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }
    assert documented().keys() == own.keys()
    for name, default in own.items():
        if name.startswith(PREFIX):
            shown = documented()[name].strip("`")
            assert shown == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_make_help_lists_every_target_that_a_person_calls() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    described = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(phony.split()) - described == {"python", "browser", "data"}
    assert {"help", "run", "test", "lint", "format", "lock", "train", "evaluate", "picture", "clean"} == described
