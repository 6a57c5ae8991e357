"""Pods, containers and what they refer to, among rendered objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.chart.rendering import Object

TEMPLATES = {
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True)
class Pods:
    """The pods that an object makes; those of an operator's objects have labels only."""

    owner: str
    labels: dict[str, str]
    spec: Object | None

    @property
    def containers(self) -> list[Object]:
        spec = self.spec or {}
        return [*spec.get("initContainers", []), *spec.get("containers", [])]


def name_of(an_object: Object) -> str:
    return f"{an_object['kind']}/{an_object['metadata']['name']}"


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [an_object for an_object in objects if an_object["kind"] in kinds]


def own_pods(objects: list[Object]) -> list[Pods]:
    """Those whose specification this chart writes."""
    found = []
    for an_object in objects:
        if an_object["kind"] == "Pod":
            found.append(Pods(name_of(an_object), an_object["metadata"]["labels"], an_object["spec"]))
        elif an_object["kind"] in TEMPLATES:
            template: Any = an_object
            for key in TEMPLATES[an_object["kind"]]:
                template = template[key]
            found.append(Pods(name_of(an_object), template["metadata"]["labels"], template["spec"]))
    return found


def all_pods(objects: list[Object]) -> list[Pods]:
    """Also those that CloudNativePG makes, with the labels that it gives them."""
    found = own_pods(objects)
    for cluster in of_kind(objects, "Cluster"):
        labels = {**cluster["spec"]["inheritedMetadata"]["labels"], "cnpg.io/cluster": cluster["metadata"]["name"]}
        found.append(Pods(name_of(cluster), {**labels, "cnpg.io/podRole": "instance"}, None))
    for pooler in of_kind(objects, "Pooler"):
        labels = {
            **pooler["spec"]["template"]["metadata"]["labels"],
            "cnpg.io/cluster": pooler["spec"]["cluster"]["name"],
            "cnpg.io/poolerName": pooler["metadata"]["name"],
        }
        found.append(Pods(name_of(pooler), labels, None))
    return found


def matches(selector: Object, labels: dict[str, str]) -> bool:
    for expression in selector.get("matchExpressions", []):
        if expression["operator"] != "DoesNotExist":
            raise NotImplementedError(f"no selector of this chart has {expression['operator']}")
        if expression["key"] in labels:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def port_names(pods: Pods) -> set[str | int]:
    ports = [port for container in pods.containers for port in container.get("ports", [])]
    return {port["name"] for port in ports} | {port["containerPort"] for port in ports}


def references(pods: Pods, *, optional: bool = False) -> Iterator[tuple[str, str, str | None]]:
    """Kind, name and key of what the pods cannot start without; with `optional`, also of what they may lack."""
    spec = pods.spec or {}
    if "serviceAccountName" in spec:
        yield "ServiceAccount", spec["serviceAccountName"], None
    for secret in spec.get("imagePullSecrets", []):
        yield "Secret", secret["name"], None
    for volume in spec.get("volumes", []):
        for source, (kind, key) in _VOLUMES.items():
            if source in volume:
                yield kind, volume[source][key], None
    for container in pods.containers:
        for variable in container.get("env", []):
            for source, found in variable.get("valueFrom", {}).items():
                if source in _VARIABLES and (optional or not found.get("optional")):
                    yield _VARIABLES[source], found["name"], found["key"]


_VOLUMES = {
    "secret": ("Secret", "secretName"),
    "configMap": ("ConfigMap", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}
_VARIABLES = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
