"""skaffold.yaml is valid and names what is there."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, deep, merged, render

SKAFFOLD: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
PROFILES: list[dict[str, Any]] = SKAFFOLD["profiles"]
ARTIFACTS = [
    *SKAFFOLD["build"]["artifacts"],
    *(artifact for profile in PROFILES if "build" in profile for artifact in profile["build"]["artifacts"]),
]
VALUES = sorted([*ROOT.glob("k8s/skaffold/*-values.yaml"), ROOT / "k8s/kind/values.yaml", ROOT / "k8s/gpu/values.yaml"])


def test_it_is_valid() -> None:
    schema = json.loads((Path(__file__).parent / "schemas/skaffold.json").read_text())
    jsonschema.validate(SKAFFOLD, schema)
    wrong = merged(SKAFFOLD, deep("deploy.statusCheckDeadline", 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_the_profiles_are_there() -> None:
    assert [profile["name"] for profile in PROFILES] == ["dev", "debug", "gpu", "ci"]


def test_what_it_names_exists() -> None:
    (release,) = SKAFFOLD["deploy"]["helm"]["releases"]
    patches = [patch for profile in PROFILES for patch in profile.get("patches", [])]
    patched = [patch["value"] for patch in patches if "valuesFiles" in patch["path"]]
    named = [release["chartPath"], *release["valuesFiles"], *patched]
    named += [artifact["docker"]["dockerfile"] for artifact in ARTIFACTS if "docker" in artifact]
    customs = [artifact["custom"] for artifact in ARTIFACTS if "custom" in artifact]
    named += [path for custom in customs for path in custom["dependencies"]["paths"]]
    assert [name for name in named if not (ROOT / name).exists()] == []
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for path, template in release["setValueTemplates"].items():
        component, image, key = path.split(".")
        assert key in values[component][image]
        assert f"opine_{component}" in template
        assert f"opine/{component}" in {artifact["image"] for artifact in ARTIFACTS}


@pytest.mark.parametrize("file", VALUES, ids=lambda file: str(file.relative_to(ROOT)))
def test_its_values_render(file: Path) -> None:
    assert render(ROOT / "k8s/kind/values.yaml", file)
