"""The chart's objects for given values, as `helm template` gives them.

Helm comes with helm-python-sdk, pinned by the tests' lock: everybody renders by the same one, and nobody without.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import helm_python
import yaml
from helm_python import _native

from tests.support import ROOT

CHART = ROOT / "charts/opine"
SHAPES = {file.name.removesuffix("-values.yaml"): file for file in sorted(CHART.glob("ci/*-values.yaml"))}
RELEASE, NAMESPACE = "opine", "opine-test"

Object = dict[str, Any]

# What a cluster with every prerequisite offers.
APIS = (
    "postgresql.cnpg.io/v1",
    "postgresql.cnpg.io/v1/DatabaseRole",
    "barmancloud.cnpg.io/v1",
    "monitoring.coreos.com/v1",
    "gateway.networking.k8s.io/v1",
    "keda.sh/v1alpha1",
    "custom.metrics.k8s.io/v1beta1",
)


class Loader(yaml.CSafeLoader):
    """Refuses a key that is there twice, as server-side apply does."""


def _mapping(loader: Loader, node: yaml.MappingNode) -> Object:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise yaml.YAMLError(f"twice in one map: {twice}")
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True) for key, value in node.value
    }


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class RefusedError(Exception):
    """Helm refused to render; the message is its own."""


def templates(
    *files: Path,
    values: Mapping[str, Any] | None = None,
    apis: Sequence[str] = APIS,
    chart: Path = CHART,
    release: str = RELEASE,
) -> dict[str, str]:
    """What each template of the chart gives, NOTES.txt among them.

    Raises:
        RefusedError: a value is wrong.
    """
    given = {"secrets": {"allowOfflineGeneration": True}} if values is None else values
    every = merged(*(yaml.safe_load(file.read_text()) for file in files), given)
    options = {"name": release, "namespace": NAMESPACE, "api_versions": list(apis)}
    with helm_python.Chart.load(chart) as loaded:
        handle = loaded._raw()  # noqa: SLF001  Helm takes a cluster's APIs, the package's own `render` does not
        try:
            answer = _native.call_string("helm_render", handle, json.dumps(every), json.dumps(options))
        except helm_python.HelmError as refusal:
            raise RefusedError(str(refusal)) from refusal
    manifests: dict[str, str] = json.loads(answer)
    return manifests


def manifest(*files: Path, values: Mapping[str, Any] | None = None, **more: Any) -> str:  # noqa: ANN401  passed on
    """All objects as one text."""
    found = templates(*files, values=values, **more)
    return "\n---\n".join(text for name, text in sorted(found.items()) if name.endswith(".yaml") and text.strip())


def render(*files: Path, values: Mapping[str, Any] | None = None, **more: Any) -> list[Object]:  # noqa: ANN401  passed on
    return parse(manifest(*files, values=values, **more))


def parse(text: str) -> list[Object]:
    return [document for document in yaml.load_all(text, Loader) if document]


def deep(path: str, value: object) -> Object:
    """A value at a dotted path, as a map of maps."""
    result: Any = value
    for name in reversed(path.split(".")):
        result = {name: result}
    return dict(result)


def merged(*parts: Mapping[str, Any]) -> Object:
    result: Object = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merged(result[key], value) if both else value
    return result
