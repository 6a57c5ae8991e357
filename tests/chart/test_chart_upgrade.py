"""An upgrade from the release before changes nothing that cannot be changed."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart.immutable import breaks, immutable_fields
from tests.support.chart.rendering import CHART, SHAPES, Object, deep, render
from tests.support.chart.workloads import name_of, of_kind, own_pods, references

# What the last release rendered, by shape; a release writes it anew: pytest tests/chart --record-release.
RELEASED = Path(__file__).parent / "released.json"


def written(version: str, shapes: dict[str, dict[str, Object]]) -> str:
    """JSON with an object a line."""
    parts = []
    for shape, objects in shapes.items():
        lines = [f"   {json.dumps(name)}: {json.dumps(fields)}" for name, fields in sorted(objects.items())]
        parts.append(f"  {json.dumps(shape)}: {{\n" + ",\n".join(lines) + "\n  }")
    return f'{{"version": {json.dumps(version)}, "shapes": {{\n' + ",\n".join(parts) + "\n}}\n"


def test_no_immutable_field_changes(rendered: dict[str, list[Object]], pytestconfig: pytest.Config) -> None:
    now = {shape: immutable_fields(objects) for shape, objects in rendered.items()}
    if pytestconfig.getoption("record_release", default=False):
        version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
        RELEASED.write_text(written(version, now))
    released: dict[str, Any] = json.loads(RELEASED.read_text())["shapes"]
    assert released.keys() <= now.keys(), "a shape that was supported is gone"
    for shape, before in released.items():
        assert breaks(before, now[shape]) == [], shape


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", "spec.selector.matchLabels", {"app": "opine"}),
        ("Secret", "type", "kubernetes.io/tls"),
        ("Pooler", "spec.cluster.name", "other"),
        ("Cluster", "spec.bootstrap.initdb.owner", "other"),
        ("Cluster", "spec.storage.storageClass", "other"),
        ("DatabaseRole", "metadata.name", "other"),
        ("Cluster", "metadata.name", "other"),
    ],
)
def test_a_change_of_one_is_found(rendered: dict[str, list[Object]], kind: str, path: str, value: object) -> None:
    before = immutable_fields(rendered["defaults"])
    objects = json.loads(json.dumps(rendered["defaults"]))
    target: Any = of_kind(objects, kind)[0]
    *parents, last = path.split(".")
    for key in parents:
        target = target[key]
    target[last] = value
    assert breaks(before, immutable_fields(objects))


def test_the_next_version_moves_no_primary(tmp_path: Path) -> None:
    """Pods of PostgreSQL and of its pooler are replaced by what changes in their specifications."""
    following = shutil.copytree(CHART, tmp_path / "opine")
    about = following / "Chart.yaml"
    about.write_text(re.sub(r"^((?:app)?[vV]ersion: \"?)[\d.]+", r"\g<1>9.9.9", about.read_text(), flags=re.MULTILINE))
    now, then = render(SHAPES["production"]), render(SHAPES["production"], chart=following)
    assert of_kind(now, "Cluster")[0]["metadata"]["labels"] != of_kind(then, "Cluster")[0]["metadata"]["labels"]
    for kind in ("Cluster", "Pooler"):
        assert [one["spec"] for one in of_kind(now, kind)] == [one["spec"] for one in of_kind(then, kind)]


def migration(values: Object) -> tuple[str, Object]:
    values = {"secrets": {"allowOfflineGeneration": True}, **values}
    (job,) = of_kind(render(SHAPES["minimal"], values={"demo": {"enabled": False}, **values}), "Job")
    return name_of(job), job["spec"]


def test_a_changed_migration_is_another_job() -> None:
    name, spec = migration({})
    assert migration({}) == (name, spec)
    changes: list[Object] = [
        deep("reviews.image.tag", "0.2.0"),
        deep("reviews.env.OPINE_REVIEWS_LOG_JSON", "false"),
        deep("migrations.resources.limits.memory", "512Mi"),
        deep("global.imageRegistry", "registry.example.org"),
    ]
    names = {name} | {migration(change)[0] for change in changes}
    assert len(names) == len(changes) + 1
    assert migration(deep("frontend.replicaCount", 5))[0] == name


def test_the_readme_says_how_to_change_each_password(rendered: dict[str, list[Object]]) -> None:
    readme = (CHART / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([\w-]+)` \| ([\w ]+) \|", readme, re.MULTILINE))
    secrets = {secret["metadata"]["name"]: secret for secret in of_kind(rendered["defaults"], "Secret")}
    assert rows.keys() >= secrets["opine-secrets"]["data"].keys()
    for key in secrets["opine-secrets"]["data"]:
        readers = {
            pods.owner.removeprefix("Deployment/opine-")
            for pods in own_pods(rendered["defaults"])
            if pods.owner.startswith("Deployment/")
            and ("Secret", "opine-secrets", key) in set(references(pods, optional=True))
        }
        assert readers == set(rows[key].split(" and ")), key
    for name in secrets.keys() - {"opine-secrets"}:
        assert secrets[name]["metadata"]["labels"]["cnpg.io/reload"] == "true"
        assert f"`{name}`" in readme


def test_uninstalling_leaves_data_and_passwords(rendered: dict[str, list[Object]]) -> None:
    for an_object in of_kind(rendered["defaults"], "Cluster", "Secret"):
        assert an_object["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for role in of_kind(rendered["defaults"], "DatabaseRole"):
        assert role["spec"]["databaseRoleReclaimPolicy"] == "retain"
