"""Makes schemas/ from the projects' own files: python tests/chart/vendor_schemas.py FILE...

Each FILE is Kubernetes' `swagger.json`, a YAML file of CustomResourceDefinitions, or skaffold's or eksctl's JSON
Schema. Of the first two only the kinds that the chart renders and k8s/eks has are taken, without descriptions, and
closed as the API server closes them: an unknown field is an error. schemas/README.md says where the files come from.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

SCHEMAS = Path(__file__).parent / "schemas"
KINDS = {
    "apps/v1/Deployment",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "barmancloud.cnpg.io/v1/ObjectStore",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "karpenter.k8s.aws/v1/EC2NodeClass",
    "karpenter.sh/v1/NodePool",
    "keda.sh/v1alpha1/ScaledObject",
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "monitoring.coreos.com/v1/ServiceMonitor",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/NetworkPolicy",
    "policy/v1/PodDisruptionBudget",
    "postgresql.cnpg.io/v1/Cluster",
    "postgresql.cnpg.io/v1/DatabaseRole",
    "postgresql.cnpg.io/v1/Pooler",
    "postgresql.cnpg.io/v1/ScheduledBackup",
    "rbac.authorization.k8s.io/v1/Role",
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "storage.k8s.io/v1/StorageClass",
    "v1/ConfigMap",
    "v1/Namespace",
    "v1/Pod",
    "v1/Secret",
    "v1/Service",
    "v1/ServiceAccount",
}
SKIPPED = {"description", "title", "default", "example", "examples", "preferredOrder"}
# Their keys are names of fields or definitions, not words of JSON Schema.
BY_NAME = {"properties", "patternProperties", "definitions"}
# Their branches repeat only some fields of an object, so they stay open.
BRANCHES = {"allOf", "anyOf", "oneOf", "not"}
NUMBER_OR_TEXT = {"anyOf": [{"type": "number"}, {"type": "string"}]}
# What Kubernetes writes as an object or a string and reads as a number, too.
WRITTEN_EITHER_WAY = (
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
)


class Loader(yaml.CSafeLoader):
    """Reads the `=` that an enumeration of the Prometheus operator has as text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def closed(schema: Any, *, close: bool = True) -> Any:  # noqa: ANN401  any JSON
    if isinstance(schema, list):
        return [closed(item, close=close) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for word, value in schema.items():
        if word in BY_NAME:
            found[word] = {name: closed(inner, close=close) for name, inner in value.items()}
        elif word not in SKIPPED and not word.startswith("x-"):
            found[word] = closed(value, close=close and word not in BRANCHES)
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
        found |= NUMBER_OR_TEXT
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if close and "properties" in found and not keeps:
        found.setdefault("additionalProperties", False)
    return found


def core_kinds(swagger: dict[str, Any]) -> dict[str, Any]:
    """Kubernetes' own kinds as one schema, each kind's under its API version and name."""
    definitions = swagger["definitions"]
    kinds = {}
    for name, definition in definitions.items():
        for known in definition.get("x-kubernetes-group-version-kind", []):
            kind = "/".join(filter(None, (known["group"], known["version"], known["kind"])))
            if kind in KINDS:
                kinds[kind] = {"$ref": f"#/definitions/{name}"}
    wanted: dict[str, Any] = {}
    pending = [json.dumps(kinds)]
    while pending:
        for name in re.findall(r'"#/definitions/([^"]+)"', pending.pop()):
            if name not in wanted:
                wanted[name] = NUMBER_OR_TEXT if name in WRITTEN_EITHER_WAY else closed(definitions[name])
                pending.append(json.dumps(wanted[name]))
    return {"kinds": kinds, "definitions": wanted}


def custom_kinds(text: str) -> dict[str, Any]:
    found = {}
    for document in yaml.load_all(text, Loader):
        if not document or document.get("kind") != "CustomResourceDefinition":
            continue
        spec = document["spec"]
        for version in spec["versions"]:
            kind = f"{spec['group']}/{version['name']}/{spec['names']['kind']}"
            if kind in KINDS:
                found[kind] = closed(version["schema"]["openAPIV3Schema"])
                found[kind]["properties"]["metadata"] = {"type": "object"}
    return found


def write(name: str, schema: Any) -> None:  # noqa: ANN401  any JSON
    (SCHEMAS / f"{name}.json").write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")) + "\n")


def main(files: list[str]) -> None:
    custom: dict[str, Any] = {}
    for file in map(Path, files):
        if file.suffix == ".yaml":
            custom |= custom_kinds(file.read_text())
            continue
        schema = json.loads(file.read_text())
        if "swagger" in schema:
            write("kubernetes", core_kinds(schema))
        else:
            name = "eksctl" if "ClusterConfig" in schema["definitions"] else "skaffold"
            write(name, closed(schema, close=False))
    write("custom", {"kinds": custom})


if __name__ == "__main__":
    main(sys.argv[1:])
