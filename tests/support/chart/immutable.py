"""What Kubernetes and CloudNativePG let nobody change in an object that is there."""

import hashlib
import json
from typing import Any

from tests.support.chart.rendering import Object

FIELDS: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completions"),
    "Service": ("spec.clusterIP",),
    "Secret": ("type", "immutable"),
    "Pooler": ("spec.cluster", "spec.type"),
    "Database": ("spec.cluster", "spec.name"),
    "DatabaseRole": ("spec.cluster", "spec.name"),
    "ScheduledBackup": ("spec.cluster",),
    "Cluster": (
        "spec.bootstrap.initdb.database",
        "spec.bootstrap.initdb.owner",
        "spec.storage.storageClass",
        "spec.walStorage.storageClass",
    ),
}
_LONG = 300
# Objects that hold data, or that others keep by name: never renamed, never left out.
LASTING = ("Cluster", "Secret", "Service", "DatabaseRole", "ScheduledBackup")


def immutable_fields(objects: list[Object]) -> dict[str, Object]:
    """By kind and name."""
    found: dict[str, Object] = {}
    for an_object in objects:
        if an_object["kind"] in FIELDS:
            name = f"{an_object['kind']}/{an_object['metadata']['name']}"
            found[name] = {path: _short(_at(an_object, path)) for path in FIELDS[an_object["kind"]]}
            if an_object["kind"] == "Cluster":
                found[name]["has walStorage"] = "walStorage" in an_object["spec"]
    return found


def breaks(before: dict[str, Object], after: dict[str, Object]) -> list[str]:
    """What an upgrade would be refused for, or what it would take away."""
    wrong = []
    for name, fields in before.items():
        if name not in after:
            if name.split("/")[0] in LASTING:
                wrong.append(f"{name} is gone")
            continue
        wrong += [f"{name}: {path}" for path, value in fields.items() if after[name].get(path) != value]
    return wrong


def _short(value: Any) -> Any:  # noqa: ANN401  any JSON
    """A hash where there is much of it."""
    text = json.dumps(value, sort_keys=True)
    return value if len(text) < _LONG else hashlib.sha256(text.encode()).hexdigest()


def _at(an_object: Object, path: str) -> Any:  # noqa: ANN401  any JSON
    value: Any = an_object
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
