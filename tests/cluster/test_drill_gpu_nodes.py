"""The model on GPU nodes that exist for the scheduler alone: where its pods go, and what a drain and a rollout do."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.cluster.commands import CLUSTER, CommandError, run
from tests.support.cluster.evictions import evict
from tests.support.cluster.release import CHART, Release, wait_until

pytestmark = pytest.mark.drill

NODES = 3
NAMES = [f"gpu-{number}" for number in range(1, NODES + 1)]
GPU = {
    "enabled": True,
    "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-L4"},
}

# What NVIDIA's DRA driver publishes of a node, in the least words; what allots from it is the scheduler.
CLASS_AND_TEMPLATE = """
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: gpu.nvidia.com}
spec: {selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]}
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: {name: one-gpu}
spec: {spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: gpu.nvidia.com}}]}}}
"""
SLICE = """
apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata: {{name: {node}-gpus}}
spec:
  driver: gpu.nvidia.com
  nodeName: {node}
  pool: {{name: {node}, generation: 1, resourceSliceCount: 1}}
  devices: [{{name: gpu-0, attributes: {{productName: {{string: NVIDIA L4}}}}}}]
"""


@pytest.fixture(scope="module")
def nodes(env: dict[str, str]) -> Iterator[Release]:
    """A namespace for the model alone, and three nodes with a GPU each, in three zones."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no nodes of ours")
    run(str(CLUSTER), "fake-nodes", str(NODES), "1", env=env)
    release = Release(env, "opine-gpu")
    release.create_namespace()
    yield release
    # The nodes stay: what runs them would not know nodes of the same name again, and their taint keeps others away.
    release.delete_namespace()


def apply_model(release: Release, **values: object) -> None:
    """The chart's Deployment of the model, with its budget and account: the rest needs nodes that run something."""
    given = {
        "engine": "torch",
        "image": {"tag": "0.1.0-cuda"},
        "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
        "gpu": GPU,
        **values,
    }
    rendered = run(
        "helm", "template", "opine", CHART, "--namespace", release.namespace, "--values", "-",
        env=release.env, text_in=yaml.safe_dump({
            "validateCapabilities": False, "secrets": {"allowOfflineGeneration": True}, "sentiment": given,
        }),
    )  # fmt: skip
    wanted = [
        an_object
        for an_object in yaml.safe_load_all(rendered)
        if an_object
        and an_object["metadata"]["name"] == "opine-sentiment"
        and an_object["kind"] in {"Deployment", "PodDisruptionBudget", "ServiceAccount"}
    ]
    assert wanted
    release.kubectl("apply", "--filename", "-", text_in=yaml.safe_dump_all(wanted))


def placed(release: Release) -> Counter[str]:
    """Pods by node; those that wait have none."""
    return Counter(pod["spec"].get("nodeName", "") for pod in release.pods("sentiment"))


def budget(release: Release) -> tuple[int, int]:
    """How many are healthy, and how many may go."""
    status = release.get("poddisruptionbudget", "opine-sentiment")["status"]
    return status["currentHealthy"], status["disruptionsAllowed"]


def ready(release: Release) -> int:
    status: dict[str, Any] = release.get("deployment", "opine-sentiment")["status"]
    return int(status.get("readyReplicas", 0))


def test_pods_are_spread_over_the_zones_and_take_a_gpu_each(nodes: Release) -> None:
    apply_model(nodes, replicaCount=NODES)
    wait_until(lambda: ready(nodes) == NODES, "a pod on each node", 90)
    assert placed(nodes) == {"gpu-1": 1, "gpu-2": 1, "gpu-3": 1}
    zones = {nodes.get("node", name)["metadata"]["labels"]["topology.kubernetes.io/zone"] for name in placed(nodes)}
    assert len(zones) == NODES


def test_a_rollout_needs_no_spare_gpu(nodes: Release) -> None:
    apply_model(nodes, replicaCount=NODES)
    wait_until(lambda: ready(nodes) == NODES, "a pod on each node", 90)
    before = {pod["metadata"]["name"] for pod in nodes.pods("sentiment")}
    apply_model(nodes, replicaCount=NODES, podLabels={"try": "two"})
    nodes.rollout("sentiment", "120s")
    after = nodes.pods("sentiment")
    assert before.isdisjoint(pod["metadata"]["name"] for pod in after)
    assert placed(nodes) == {"gpu-1": 1, "gpu-2": 1, "gpu-3": 1}


def test_a_rollout_that_adds_first_would_wait_for_ever(nodes: Release) -> None:
    apply_model(nodes, replicaCount=NODES)
    nodes.rollout("sentiment", "120s")
    surge = {"maxSurge": 1, "maxUnavailable": 0}
    apply_model(nodes, replicaCount=NODES, podLabels={"try": "three"}, updateStrategy=surge)
    with pytest.raises(CommandError):
        nodes.rollout("sentiment", "15s")
    assert placed(nodes)[""] == 1
    apply_model(nodes, replicaCount=NODES)
    nodes.rollout("sentiment", "120s")


def test_a_drained_nodes_pod_waits_for_a_gpu_and_the_budget_keeps_the_others(nodes: Release) -> None:
    apply_model(nodes, replicaCount=NODES)
    nodes.rollout("sentiment", "120s")
    wait_until(lambda: budget(nodes) == (NODES, 1), "the budget to know of all", 60)
    nodes.kubectl("drain", "gpu-1", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s")
    try:
        wait_until(lambda: placed(nodes) == {"gpu-2": 1, "gpu-3": 1, "": 1}, "a pod that waits", 60)
        wait_until(lambda: budget(nodes) == (2, 0), "the budget to know of it", 60)
        serving = [pod["metadata"]["name"] for pod in nodes.pods("sentiment") if pod["spec"].get("nodeName")]
        assert [pod for pod in serving if evict(nodes, pod)] == []
    finally:
        nodes.kubectl("uncordon", "gpu-1")
    wait_until(lambda: ready(nodes) == NODES, "a pod on each node again", 90)
    assert placed(nodes) == {"gpu-1": 1, "gpu-2": 1, "gpu-3": 1}


def test_slices_of_a_gpu_are_asked_for_by_their_name(nodes: Release) -> None:
    slices = {"gpu": GPU | {"resourceName": "nvidia.com/mig-1g.10gb"}}
    small = {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
    apply_model(nodes, replicaCount=2 * NODES, resources=small, **slices)
    wait_until(lambda: ready(nodes) == 2 * NODES, "two pods on each node", 120)
    assert placed(nodes) == {"gpu-1": 2, "gpu-2": 2, "gpu-3": 2}
    (limits,) = {json.dumps(p["spec"]["containers"][0]["resources"]["limits"]) for p in nodes.pods("sentiment")}
    assert json.loads(limits)["nvidia.com/mig-1g.10gb"] == "1"
    assert "nvidia.com/gpu" not in json.loads(limits)


def test_a_shared_gpu_takes_as_many_pods_as_its_plugin_offers(nodes: Release) -> None:
    clear(nodes)
    shared = {"nvidia.com/gpu.shared": "4"}
    for name in NAMES:
        offered = json.dumps({"status": {"capacity": shared, "allocatable": shared}})
        nodes.kubectl("patch", "node", name, "--subresource=status", "--type=merge", f"--patch={offered}")
    small = {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
    gpu = {"gpu": GPU | {"resourceName": "nvidia.com/gpu.shared"}}
    apply_model(nodes, replicaCount=4 * NODES + 1, resources=small, **gpu)
    wait_until(lambda: ready(nodes) == 4 * NODES, "four pods on each node", 120)
    assert placed(nodes) == {"gpu-1": 4, "gpu-2": 4, "gpu-3": 4, "": 1}


def test_a_gpu_is_claimed_of_a_dra_driver(nodes: Release) -> None:
    clear(nodes)
    slices = [SLICE.format(node=name) for name in NAMES]
    nodes.kubectl("apply", "--filename", "-", text_in="---".join([CLASS_AND_TEMPLATE, *slices]))
    try:
        apply_model(nodes, replicaCount=NODES + 1, gpu=GPU | {"resourceClaimTemplateName": "one-gpu"})
        wait_until(lambda: ready(nodes) == NODES, "a pod on each node", 90)
        assert placed(nodes) == {"gpu-1": 1, "gpu-2": 1, "gpu-3": 1, "": 1}
        claims = nodes.get("resourceclaims")["items"]
        pools = [
            claim["status"]["allocation"]["devices"]["results"][0]["pool"] for claim in claims if claim.get("status")
        ]
        assert sorted(pools) == ["gpu-1", "gpu-2", "gpu-3"]
        assert all("nvidia.com/gpu" not in limits_of(pod) for pod in nodes.pods("sentiment"))
    finally:
        nodes.kubectl("delete", "deployment", "opine-sentiment")
        nodes.kubectl("delete", "deviceclass/gpu.nvidia.com", *(f"resourceslice/{name}-gpus" for name in NAMES))


def limits_of(pod: dict[str, Any]) -> dict[str, str]:
    limits: dict[str, str] = pod["spec"]["containers"][0]["resources"]["limits"]
    return limits


def clear(release: Release) -> None:
    """No pod of before: a rollout would keep some while others wait."""
    release.kubectl("delete", "deployment", "opine-sentiment", "--ignore-not-found")
    wait_until(lambda: release.get("pods")["items"] == [], "free nodes", 60)


def test_without_the_values_for_gpus_no_pod_goes_to_their_nodes(nodes: Release) -> None:
    clear(nodes)
    apply_model(nodes, replicaCount=1, gpu={"enabled": False}, engine="onnx", image={"tag": "0.1.0"})
    wait_until(lambda: nodes.pods("sentiment"), "a pod", 30)
    wait_until(lambda: placed(nodes)[""] == 0 or pending_reason(nodes), "a place, or a reason for none", 30)
    assert {name for name in placed(nodes) if name.startswith("gpu-")} == set()


def pending_reason(release: Release) -> bool:
    return any(
        condition.get("reason") == "Unschedulable"
        for pod in release.pods("sentiment")
        for condition in pod["status"].get("conditions", [])
    )
