"""values.yaml, its schema and the README say the same, and every value does something."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, SHAPES, Object, RefusedError, deep, manifest, merged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS: Object = yaml.safe_load((CHART / "values.yaml").read_text())


def leaves(schema: Object, path: str = "") -> Iterator[tuple[str, Object]]:
    for name, inner in schema["properties"].items():
        here = f"{path}.{name}".lstrip(".")
        if "properties" in inner:
            yield from leaves(inner, here)
        else:
            yield here, inner


LEAVES = dict(leaves(SCHEMA))


def test_the_generated_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "charts/document.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def open_objects(schema: object, path: str = "") -> list[str]:
    """Where the schema would take a key that nobody knows."""
    if isinstance(schema, list):
        return [found for index, item in enumerate(schema) for found in open_objects(item, f"{path}[{index}]")]
    if not isinstance(schema, dict):
        return []
    found = [path] if schema.get("type") == "object" and schema.get("additionalProperties", True) is True else []
    return found + [deeper for key, value in schema.items() for deeper in open_objects(value, f"{path}/{key}")]


def test_the_schema_is_closed_everywhere() -> None:
    assert open_objects(SCHEMA) == []
    assert open_objects({"type": "object", "properties": {"a": {"type": "object"}}}) == ["", "/properties/a"]


def test_the_schema_itself_is_valid_and_every_key_is_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert all(len(leaf["description"]) > 5 for leaf in LEAVES.values())
    jsonschema.validate(DEFAULTS, SCHEMA)


@pytest.mark.parametrize(
    "values",
    [
        {"sentimant": {}},
        deep("reviews.image.tagg", "1"),
        deep("reviews.resources.limit", {}),
        deep("reviews.replicaCount", 0),
        deep("reviews.pdb.maxUnavailable", 0),
        deep("sentiment.engine", "tensorflow"),
        deep("sentiment.image.digest", "sha256:abc"),
        deep("database.type", "mysql"),
        deep("database.cnpg.backup.schedule", "0 3 * * *"),
        deep("database.cnpg.storage.size", "10 GB"),
        deep("frontend.tolerations", [{"key": "a", "effekt": "NoSchedule"}]),
        deep("frontend.affinity", {"nodeAffinity": {"required": []}}),
        deep("frontend.extraEnv", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x"}}}]),
        deep("frontend.extraVolumes", [{"name": "tmp", "emptyDir": {}}]),
        deep("frontend.probes.liveness.periodSecond", 3),
        deep("networkPolicy.monitoring", [{"namespace": "monitoring"}]),
        deep("fullnameOverride", "x" * 35),
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_wrong_value_is_refused(values: Object) -> None:
    with pytest.raises(RefusedError, match=r"at '/?"):
        manifest(values=values)


SIBLINGS = ("sentiment", "reviews", "frontend")


def test_siblings_have_the_same_knobs_in_the_same_order() -> None:
    common = [key for key in DEFAULTS["reviews"] if all(key in DEFAULTS[name] for name in SIBLINGS)]
    assert {"image", "resources", "env", "extraEnv", "pdb", "autoscaling", "probes", "lifecycle"} <= set(common)
    for name in SIBLINGS:
        assert [key for key in DEFAULTS[name] if key in common] == common
    for name in ("scraping", "learning", "training", "migrations"):
        knobs = [key for key in DEFAULTS[name] if key in common]
        assert len(knobs) > 3
        assert knobs == [key for key in common if key in knobs]


def others(leaf: Object) -> list[Any]:
    """Values of which one at least differs from what a shape has."""
    default = leaf["default"]
    if "enum" in leaf:
        return [choice for choice in leaf["enum"] if choice != default]
    if isinstance(default, bool):
        return [not default, default]
    return [default + 41] if isinstance(default, int) else [41]


def marks(leaf: Object, mark: str) -> Any:  # noqa: ANN401  of the leaf's type
    """A value in which a mark can be found again; None where there is none."""
    default, shape = leaf["default"], leaf.get("$ref", "").removeprefix("#/$defs/")
    if "enum" not in leaf and not isinstance(default, bool | list | dict):
        return mark
    by_shape: dict[str, Any] = {
        "strings": {mark: mark},
        "env": {mark: mark},
        "arguments": [mark],
        "hostnames": [mark],
        "cidrs": [mark],
        "references": [{"name": mark}],
        "parentRefs": [{"name": mark}],
        "envVars": [{"name": mark, "value": "1"}],
        "volumes": [{"name": mark, "emptyDir": {}}],
        "volumeMounts": [{"name": mark, "mountPath": "/x"}],
        "tolerations": [{"key": mark}],
        "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": mark}]}},
        "topologySpreadConstraints": [{"topologyKey": mark}],
        "peers": [{"podSelector": {"matchLabels": {mark: mark}}}],
        "ingressRules": [{"from": [{"podSelector": {"matchLabels": {mark: mark}}}]}],
        "egressRules": [{"to": [{"podSelector": {"matchLabels": {mark: mark}}}]}],
        "ingressTls": [{"secretName": mark}],
        "resources": {"requests": {mark: 1}},
        "probe": {mark: 1},
        "primaryLease": {mark: 1},
        "quantity": mark,
        "ports": [mark],
        "alerts": ["OpineServiceDown"],
    }
    return by_shape.get(shape)


# Shapes, and values on top, that between them use everything.
WITNESSES: tuple[tuple[str, Object], ...] = (
    ("production", {"training": {"gpu": {"runtimeClassName": "nvidia"}}}),
    ("keda", {}),
    ("external-database", {}),
    ("ingress", deep("database.cnpg.pooler.enabled", False)),
    ("gpu", {}),
    ("pinned-model", {}),
    (
        "minimal",
        merged(
            deep("frontend.service.type", "NodePort"),
            deep("sentiment.autoscaling", {"enabled": True, "metric": "cpu"}),
            deep("database.cnpg.backup", {"enabled": True, "destinationPath": "s3://b/"}),
            deep("database.cnpg.recovery", {"enabled": True, "serverName": "old"}),
        ),
    ),
    (
        "minimal",
        merged(
            deep("database", {"type": "external", "external": {"host": "db", "existingSecret": "owner"}}),
            {name: {"serviceAccount": {"create": False, "name": "mine"}} for name in ("sentiment", "migrations")},
            deep("httpRoute", {"enabled": True, "parentRefs": [{"name": "a"}]}),
        ),
    ),
)
# Only what is generated offline differs by itself; it is given here.
STEADY: Object = {
    "secrets": {"existingSecret": "opine-passwords"},
    "database": {
        "roles": {
            "scrapingSecret": "opine-role-scraping",
            "analysisSecret": "opine-role-analysis",
            "readingSecret": "opine-role-reading",
        }
    },
}
# These decide what happens before anything is rendered.
WITHOUT_TRACE = {"validateCapabilities", "secrets.allowOfflineGeneration"}
# Marked, they would contradict others.
CONTRADICTING = {"database.external.host", "database.cnpg.recovery.serverName"}


@pytest.fixture
def unchecked(tmp_path: Path) -> Path:
    """The chart without its schema, which would refuse marks."""
    return shutil.copytree(CHART, tmp_path / "opine", ignore=shutil.ignore_patterns("values.schema.json"))


def rendering(chart: Path, witness: tuple[str, Object], values: Object) -> str:
    shape, more = witness
    try:
        return manifest(SHAPES[shape], values=merged(STEADY, more, values), chart=chart)
    except RefusedError as refusal:
        return str(refusal)


def unused(chart: Path) -> set[str]:
    """Values whose change changes nothing: many are marked at once, the rest are changed one by one."""
    texts = {
        path: f"mark{index:04d}x"
        for index, (path, leaf) in enumerate(LEAVES.items())
        if marks(leaf, "x") and ".lifecycle." not in path and path not in CONTRADICTING
    }
    marked = merged(*(deep(path, marks(LEAVES[path], mark)) for path, mark in texts.items()))
    everything = "".join(rendering(chart, witness, marked) for witness in WITNESSES)
    left = {path for path in LEAVES if path not in texts or texts[path] not in everything} - WITHOUT_TRACE
    for witness in WITNESSES:
        plain = rendering(chart, witness, {})

        def changes_something(path: str, witness: tuple[str, Object] = witness, plain: str = plain) -> bool:
            leaf = LEAVES[path]
            changes = [marks(leaf, "mark0000x")] if marks(leaf, "x") else others(leaf)
            return any(rendering(chart, witness, deep(path, change)) != plain for change in changes)

        with ThreadPoolExecutor(4) as pool:
            candidates = sorted(left)
            found = pool.map(changes_something, candidates)
            left -= {path for path, changed in zip(candidates, found, strict=True) if changed}
    return left


def test_every_value_does_something(unchecked: Path) -> None:
    assert unused(unchecked) == set()


def test_the_values_in_the_readme_exist() -> None:
    readme = (ROOT / "charts/README.md.template").read_text().replace("@VERSION@", "0.0.0")
    blocks = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    set_by_hand = re.findall(r"--set ([\w.]+)=", readme)
    assert blocks
    assert set_by_hand
    for block in blocks:
        jsonschema.validate(yaml.safe_load(block), SCHEMA)
    for name in set_by_hand:
        assert name in LEAVES
    for name in re.findall(
        r"`((?:database|sentiment|migrations|secrets|monitoring|networkPolicy)\.[\w.]+)[=`]", readme
    ):
        assert name in LEAVES or any(leaf.startswith(f"{name}.") for leaf in LEAVES), name
