"""The chart's objects for given values, as `helm template` gives them."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charted.programs import ROOT

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


@dataclass(frozen=True)
class Renderer:
    helm: str
    folder: Path

    def text(
        self,
        *files: Path,
        values: Mapping[str, Any] | None = None,
        apis: Sequence[str] = APIS,
        options: Sequence[str] = (),
        chart: Path = CHART,
        release: str = RELEASE,
    ) -> str:
        """The manifests.

        Raises:
            RefusedError: a value is wrong.
        """
        given = {"secrets": {"allowOfflineGeneration": True}} if values is None else values
        own = self.folder / f"values-{threading.get_ident()}.yaml"
        own.write_text(yaml.safe_dump(dict(given)))
        command = [self.helm, "template", release, str(chart), "--namespace", NAMESPACE, *options]
        command += [f"--values={file}" for file in (*files, own)]
        command += [f"--api-versions={api}" for api in apis]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RefusedError(done.stderr)
        return done.stdout

    def objects(self, *files: Path, values: Mapping[str, Any] | None = None, **more: Any) -> list[Object]:  # noqa: ANN401  passed on
        return parse(self.text(*files, values=values, **more))


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
