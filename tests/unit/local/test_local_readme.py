import re

from opine_local.settings import PREFIX, Settings

from tests.support import ROOT

README = (ROOT / "services/local/README.md").read_text()


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
