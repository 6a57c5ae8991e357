"""What holds for every object of every shape."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from opine_reviews.cli import make_parser

from tests.support.chart.rendering import SHAPES, Object
from tests.support.chart.workloads import (
    Pods,
    all_pods,
    matches,
    name_of,
    of_kind,
    own_pods,
    port_names,
    references,
)

RECOMMENDED = {
    f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "component", "part-of", "managed-by")
}
SELECTOR = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
# Which components hold which key of the chart's Secret.
KEY_HOLDERS = {
    "admin-password": {"frontend"},
    "admin-token": {"frontend", "reviews"},
    "client-hash-key": {"reviews"},
    "next-password": {"reviews"},
    "previous-client-hash-key": {"reviews"},
    "registry-token": {"learning", "reviews", "training"},
    "session-key": {"frontend"},
}
# What CloudNativePG writes.
OWNER_KEYS = {"username", "password"}


def test_every_kind_that_is_checked_is_there(rendered: dict[str, list[Object]]) -> None:
    """A check of all objects of a kind says nothing where there is none."""
    assert all(of_kind(objects, "Deployment") for objects in rendered.values())
    kinds = {an_object["kind"] for objects in rendered.values() for an_object in objects}
    assert kinds >= {
        "CronJob", "HTTPRoute", "Ingress", "Job", "NetworkPolicy", "ObjectStore", "PodDisruptionBudget", "PodMonitor",
        "PrometheusRule", "ScheduledBackup", "Service", "ServiceMonitor",
    }  # fmt: skip


def test_labels(objects: list[Object]) -> None:
    for an_object in objects:
        labels = an_object["metadata"]["labels"]
        assert {*RECOMMENDED, "helm.sh/chart"} <= labels.keys(), name_of(an_object)
        assert all(len(value) <= 63 for value in labels.values())


def test_names_are_short_enough(objects: list[Object]) -> None:
    for an_object in objects:
        assert len(an_object["metadata"]["name"]) <= (52 if an_object["kind"] == "CronJob" else 63)


def test_selectors_hold_nothing_that_changes_and_meet_their_pods(objects: list[Object]) -> None:
    for deployment in of_kind(objects, "Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert selector.keys() == SELECTOR
        assert selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
        assert [pods.owner for pods in all_pods(objects) if matches({"matchLabels": selector}, pods.labels)] == [
            name_of(deployment)
        ]


def hardening_faults(pods: Pods) -> list[str]:
    """What Pod Security "restricted" would refuse, and what else this chart promises of its pods."""
    spec: Any = pods.spec
    security = spec["securityContext"]
    wrong = []
    if not security.get("runAsNonRoot") or security.get("runAsUser") != 10001 or security.get("runAsGroup") != 10001:
        wrong.append("identity")
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        wrong.append("seccomp")
    if spec.get("automountServiceAccountToken") is not False or spec.get("enableServiceLinks") is not False:
        wrong.append("token or links")
    if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        wrong.append("host")
    for container in pods.containers:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {"drop": ["ALL"]}:
            wrong.append(f"{container['name']}: rights")
        if own.get("readOnlyRootFilesystem") is not True:
            wrong.append(f"{container['name']}: writable root")
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
            wrong.append(f"{container['name']}: resources")
        if container["image"].endswith(":latest") or not re.search(r"[:@][^/]+$", container["image"]):
            wrong.append(f"{container['name']}: image")
    return wrong


def test_pods_are_hardened(objects: list[Object]) -> None:
    assert {pods.owner: hardening_faults(pods) for pods in own_pods(objects) if hardening_faults(pods)} == {}


@pytest.mark.parametrize(
    "soften",
    [
        lambda spec: spec["securityContext"].pop("runAsNonRoot"),
        lambda spec: spec.pop("automountServiceAccountToken"),
        lambda spec: spec["containers"][0]["securityContext"].pop("capabilities"),
        lambda spec: spec["containers"][0]["securityContext"].update(readOnlyRootFilesystem=False),
        lambda spec: spec["containers"][0]["resources"].pop("limits"),
        lambda spec: spec["containers"][0].update(image="opine/reviews"),
    ],
)
def test_a_soft_pod_is_found(rendered: dict[str, list[Object]], soften: Callable[[Object], object]) -> None:
    (pods, *_) = own_pods(yaml.safe_load(yaml.safe_dump(rendered["minimal"])))
    assert pods.spec is not None
    soften(pods.spec)
    assert hardening_faults(pods)


def test_environment_names_occur_once(objects: list[Object]) -> None:
    for pods in own_pods(objects):
        for container in pods.containers:
            names = [variable["name"] for variable in container.get("env", [])]
            assert len(set(names)) == len(names), f"{pods.owner} {container['name']}"


def strangers(objects: list[Object]) -> set[str]:
    """Pods with a key that only others need: who breaks into one of them would be more than it is."""
    return {
        f"{pods.owner}: {key}"
        for pods in own_pods(objects)
        for kind, _, key in references(pods, optional=True)
        if kind == "Secret" and key in KEY_HOLDERS
        and pods.labels["app.kubernetes.io/component"] not in KEY_HOLDERS[key]
    }  # fmt: skip


def test_each_key_is_with_those_who_need_it(objects: list[Object]) -> None:
    assert strangers(objects) == set()


def test_a_key_that_went_too_far_is_found(rendered: dict[str, list[Object]]) -> None:
    changed = yaml.safe_load(yaml.safe_dump(rendered["defaults"]))
    reading = next(pods for pods in own_pods(changed) if pods.labels["app.kubernetes.io/component"] == "reading")
    key = {"name": "opine", "key": "client-hash-key"}
    reading.containers[0]["env"].append({"name": "KEY", "valueFrom": {"secretKeyRef": key}})
    assert strangers(changed) == {f"{reading.owner}: client-hash-key"}


def given_names(shape: str) -> set[str]:
    """Every string in the shape's values: who names an object there promises that it exists."""
    values = {} if shape == "defaults" else yaml.safe_load(SHAPES[shape].read_text())
    return set(re.findall(r"[\w.-]+", yaml.safe_dump(values)))


def missing(objects: list[Object], given: set[str]) -> set[tuple[str, str, str | None]]:
    there = {(o["kind"], o["metadata"]["name"]): {*o.get("data", {})} for o in objects}
    for cluster in of_kind(objects, "Cluster"):
        there["Secret", f"{cluster['metadata']['name']}-app"] = OWNER_KEYS
    wanted = {reference for pods in own_pods(objects) for reference in references(pods)}
    return {
        (kind, name, key)
        for kind, name, key in wanted
        if name not in given and ((kind, name) not in there or (key is not None and key not in there[kind, name]))
    }


def test_references_resolve(objects: list[Object], shape: str) -> None:
    assert missing(objects, given_names(shape)) == set()
    assert missing([o for o in objects if o["kind"] != "ServiceAccount"], given_names(shape))


def test_services_have_pods_with_their_port(objects: list[Object]) -> None:
    for service in of_kind(objects, "Service"):
        pods = [p for p in own_pods(objects) if matches({"matchLabels": service["spec"]["selector"]}, p.labels)]
        assert len(pods) == 1
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= port_names(pods[0])


def test_addresses_in_the_environment_are_services(objects: list[Object]) -> None:
    services = {s["metadata"]["name"]: s["spec"]["ports"][0]["port"] for s in of_kind(objects, "Service")}
    for cluster in of_kind(objects, "Cluster"):
        services[f"{cluster['metadata']['name']}-rw"] = 5432
    services |= {pooler["metadata"]["name"]: 5432 for pooler in of_kind(objects, "Pooler")}
    seen = set()
    for pods in own_pods(objects):
        values = [v.get("value", "") for c in pods.containers for v in c.get("env", [])]
        for scheme, host, port in re.findall(r"(http|postgresql\+psycopg2)://([\w.-]+):?(\d*)", " ".join(values)):
            if "example.org" not in host and host != "otel-collector.observability":
                assert int(port or 80) == services[host], f"{pods.owner}: {scheme}://{host}"
                seen.add(host)
    assert {"opine-sentiment", "opine-reviews"} <= seen


def test_the_api_knows_the_commands_that_pods_run(objects: list[Object]) -> None:
    seen = set()
    for container in (container for pods in own_pods(objects) for container in pods.containers):
        program, *arguments = container.get("args", [""])
        if program == "opine-reviews":
            seen.add(make_parser().parse_args(arguments).command)
            with pytest.raises(SystemExit):
                make_parser().parse_args([*arguments, "--unknown"])
    assert {"wait", "migrate", "seed-brands"} <= seen


def test_probes_ask_a_port_that_is_there_and_liveness_asks_no_other_service(objects: list[Object]) -> None:
    for deployment in of_kind(objects, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
        assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
        assert {container[f"{name}Probe"]["httpGet"]["port"] for name in paths} <= {
            p["name"] for p in container["ports"]
        }
        assert container["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_a_scaled_deployment_has_no_number_of_its_own(objects: list[Object]) -> None:
    targets = [o["spec"]["scaleTargetRef"]["name"] for o in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")]
    assert len(set(targets)) == len(targets), "two autoscalers pull at one"
    deployments = {d["metadata"]["name"]: d for d in of_kind(objects, "Deployment")}
    assert set(targets) <= deployments.keys()
    for name, deployment in deployments.items():
        assert ("replicas" in deployment["spec"]) == (name not in targets)


def test_a_budget_never_blocks_a_drain(objects: list[Object]) -> None:
    single = {d["metadata"]["name"] for d in of_kind(objects, "Deployment") if d["spec"].get("replicas") == 1}
    for budget in of_kind(objects, "PodDisruptionBudget"):
        assert budget["metadata"]["name"] not in single
        assert budget["spec"]["maxUnavailable"] >= 1
        assert any(matches(budget["spec"]["selector"], pods.labels) for pods in all_pods(objects))


def test_jobs_end_and_are_removed(objects: list[Object]) -> None:
    for cron in of_kind(objects, "CronJob"):
        assert cron["spec"]["timeZone"] == "Etc/UTC"
        assert cron["spec"]["concurrencyPolicy"] == "Forbid"
        spec = cron["spec"]["jobTemplate"]["spec"]
        assert spec["ttlSecondsAfterFinished"] > 0
        assert spec["activeDeadlineSeconds"] > 0
        assert spec["podFailurePolicy"]["rules"]
        names = {container["name"] for container in spec["template"]["spec"]["containers"]}
        for rule in spec["podFailurePolicy"]["rules"]:
            assert rule.get("onExitCodes", {}).get("containerName") in {None, *names}


def test_monitors_find_what_they_read(objects: list[Object]) -> None:
    for monitor in of_kind(objects, "ServiceMonitor"):
        services = [
            s for s in of_kind(objects, "Service") if matches(monitor["spec"]["selector"], s["metadata"]["labels"])
        ]
        assert len(services) == 1
        (pods,) = [pods for pods in own_pods(objects) if matches_service(services[0], pods)]
        for endpoint in monitor["spec"]["endpoints"]:
            if "port" in endpoint:
                assert endpoint["port"] in {p["name"] for p in services[0]["spec"]["ports"]}
            else:
                assert endpoint["targetPort"] in port_names(pods)
        # Else contracts.md's label `service` would arrive as `exported_service`.
        assert all(
            {"action": "labeldrop", "regex": "service"} in e["relabelings"] for e in monitor["spec"]["endpoints"]
        )
    for monitor in of_kind(objects, "PodMonitor"):
        assert any(matches(monitor["spec"]["selector"], pods.labels) for pods in all_pods(objects))


def matches_service(service: Object, pods: Pods) -> bool:
    return matches({"matchLabels": service["spec"]["selector"]}, pods.labels)


def test_no_service_publishes_the_metrics_of_the_page_and_the_api(objects: list[Object]) -> None:
    for component in ("frontend", "reviews"):
        (service,) = [s for s in of_kind(objects, "Service") if s["metadata"]["name"].endswith(f"-{component}")]
        (deployment,) = [d for d in of_kind(objects, "Deployment") if d["metadata"]["name"].endswith(f"-{component}")]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert "management" in {port["name"] for port in container["ports"]}
        assert "management" not in {port["targetPort"] for port in service["spec"]["ports"]}
        assert {container[f"{name}Probe"]["httpGet"]["port"] for name in ("startup", "liveness", "readiness")} == {
            "management"
        }


def test_ways_in_lead_to_services(objects: list[Object]) -> None:
    ports = {s["metadata"]["name"]: s["spec"]["ports"][0] for s in of_kind(objects, "Service")}
    for ingress in of_kind(objects, "Ingress"):
        for path in [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]:
            backend = path["backend"]["service"]
            assert ports[backend["name"]]["name"] == backend["port"]["name"]
    for route in of_kind(objects, "HTTPRoute"):
        for backend in [backend for rule in route["spec"]["rules"] for backend in rule["backendRefs"]]:
            assert ports[backend["name"]]["port"] == backend["port"]
