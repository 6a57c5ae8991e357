"""skaffold.yaml is valid and names what is there."""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, deep, merged, render
from tests.support.cluster.commands import run

ENVIRONMENT = dict(os.environ)  # noqa: TID251  handed on to a program
SKAFFOLD: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
PROFILES: dict[str, dict[str, Any]] = {profile["name"]: profile for profile in SKAFFOLD["profiles"]}
(RELEASE,) = SKAFFOLD["deploy"]["helm"]["releases"]
PATCHES: list[dict[str, Any]] = [patch for profile in PROFILES.values() for patch in profile.get("patches", [])]
ADDED = [patch["value"] for patch in PATCHES if patch["path"] == "/build/artifacts/-"]
ARTIFACTS = [*SKAFFOLD["build"]["artifacts"], *ADDED]
VALUES = sorted([*ROOT.glob("k8s/skaffold/*-values.yaml"), ROOT / "k8s/kind/values.yaml", ROOT / "k8s/gpu/values.yaml"])


def test_it_is_valid() -> None:
    schema = json.loads((Path(__file__).parent / "schemas/skaffold.json").read_text())
    jsonschema.validate(SKAFFOLD, schema)
    wrong = merged(SKAFFOLD, deep("deploy.statusCheckDeadline", 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_the_profiles_are_there() -> None:
    assert [*PROFILES] == ["local", "kind", "eks", "ci", "gpu", "jobs", "dev", "debug"]
    documented = re.findall(r"^\| `(\w+)` \|", (ROOT / "k8s/skaffold/README.md").read_text(), re.MULTILINE)
    assert documented == [*PROFILES]


def test_it_names_no_cluster_but_kinds() -> None:
    contexts = [patch["value"] for patch in PATCHES if patch["path"] == "/deploy/kubeContext"]
    assert contexts == ["kind-opine"]
    assert "kind-opine" in (ROOT / "k8s/kind/up").read_text()
    assert SKAFFOLD["deploy"]["kubeContext"] == "named-by-a-profile-or-by---kube-context"


def test_each_image_that_the_chart_has_is_built_and_set() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    components = [name for name, given in values.items() if isinstance(given, dict) and "image" in given]
    assert sorted(artifact["image"] for artifact in ARTIFACTS) == sorted(f"opine/{name}" for name in components)
    more = {
        patch["path"].rpartition("/")[2]: patch["value"] for patch in PATCHES if "setValueTemplates" in patch["path"]
    }
    templates = RELEASE["setValueTemplates"] | more
    for name in components:
        about = f"opine_{name}"
        assert templates[f"{name}.image.repository"] == f"{{{{.IMAGE_REPO_{about}}}}}"
        # With its digest where there is one: skaffold finds its pods by the whole name.
        tag = f"{{{{.IMAGE_TAG_{about}}}}}{{{{with .IMAGE_DIGEST_{about}}}}}@{{{{.}}}}{{{{end}}}}"
        assert templates[f"{name}.image.tag"] == tag


def test_an_image_is_built_again_when_its_dockerfile_would_see_a_change() -> None:
    for artifact in ARTIFACTS:
        name = artifact["image"].removeprefix("opine/")
        assert artifact["custom"]["buildCommand"] == f"k8s/images/build {name}"
        listed = run(*artifact["custom"]["dependencies"]["command"].split(), env=ENVIRONMENT)
        files = json.loads(listed)
        assert [file for file in files if not (ROOT / file).is_file()] == []
        (dockerfile,) = [file for file in files if file.endswith("Dockerfile")]
        copied = re.findall(r"^COPY ([^-].*) \S+$", (ROOT / dockerfile).read_text(), re.MULTILINE)
        for path in " ".join(copied).split():
            assert any(file == path or file.startswith(f"{path}/") for file in files), path


def test_what_is_copied_into_running_pods_is_their_source_and_no_migration() -> None:
    for index, name in ((1, "reviews"), (2, "frontend")):
        (sync,) = [patch["value"] for patch in PATCHES if patch["path"] == f"/build/artifacts/{index}/sync"]
        assert SKAFFOLD["build"]["artifacts"][index]["image"] == f"opine/{name}"
        matched: set[Path] = set()
        for rule in sync["manual"]:
            assert rule["src"].startswith(f"{rule['strip']}/")
            found = {path for path in ROOT.glob(rule["src"].replace("/**", "/**/*")) if path.is_file()}
            assert found, rule
            matched |= found
        left_out = {
            path.relative_to(ROOT)
            for path in (ROOT / f"services/{name}/src").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path not in matched
        }
        assert {path.parts[4] for path in left_out if "egg-info" not in str(path)} <= {"migrations"}


def test_what_it_names_exists() -> None:
    patched = [patch["value"] for patch in PATCHES if "valuesFiles" in patch["path"]]
    assert [
        name for name in [RELEASE["chartPath"], *RELEASE["valuesFiles"], *patched] if not (ROOT / name).exists()
    ] == []


@pytest.mark.parametrize("file", VALUES, ids=lambda file: str(file.relative_to(ROOT)))
def test_its_values_render(file: Path) -> None:
    assert render(ROOT / "k8s/kind/values.yaml", file)
