"""The volume of PostgreSQL's primary is full, and has room again."""

import datetime as dt
import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.load import Load
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

# What the volume has beside the data, until it is filled: a log of some segments afterwards.
SPARE_MB = 400
OPERATOR_PODS = (
    "--namespace",
    "cnpg-system",
    "get",
    "pods",
    "--output",
    "name",
    "--selector",
    "app.kubernetes.io/name=cloudnative-pg",
)
OPERATOR = ("--namespace", "cnpg-system", "scale", "deployment/cnpg-controller-manager")


@contextmanager
def stopped(release: Release, instance: str) -> Iterator[None]:
    """The instance's pod is away for the block: without the operator nobody makes another."""
    run("kubectl", *OPERATOR, "--replicas=0", env=release.env)
    try:
        wait_until(lambda: not run("kubectl", *OPERATOR_PODS, env=release.env), "the operator is away", 60)
        release.kubectl("delete", "pod", instance)
        yield
    finally:
        run("kubectl", *OPERATOR, "--replicas=1", env=release.env)
    rolled_out = ("--namespace", "cnpg-system", "rollout", "status", "deployment/cnpg-controller-manager")
    run("kubectl", *rolled_out, env=release.env)
    # What the Cluster says of itself is from before the operator left.
    wait_until(lambda: instance in ready(release) and instance in healthy(release), f"{instance} is healthy", 180)


def ready(release: Release) -> list[str]:
    return [
        pod["metadata"]["name"]
        for pod in release.pods("database")
        if any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))
    ]


def healthy(release: Release) -> list[str]:
    status = release.get("cluster", "opine-db")["status"]
    found: list[str] = status.get("instancesStatus", {}).get("healthy", [])
    return found if release.database_is_healthy() else []


def promote(release: Release, instance: str) -> None:
    """As `kubectl cnpg promote` does."""
    wanted = {"targetPrimary": instance, "targetPrimaryTimestamp": dt.datetime.now(dt.UTC).isoformat()}
    patch = json.dumps({"status": wanted | {"phase": "Switchover in progress"}})
    release.kubectl("patch", "cluster", "opine-db", "--subresource=status", "--type=merge", f"--patch={patch}")
    wait_until(lambda: release.primary() == instance and len(healthy(release)) > 1, f"{instance} is the primary", 180)


@pytest.fixture
def volume(settled: Release, tmp_path: Path) -> Iterator[Path]:
    """The primary's, in memory of this machine, which is the node: so that it can be filled."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no way to this machine")
    primary = settled.primary()
    (instance,) = set(healthy(settled)) - {primary}
    claim = settled.get("persistentvolumeclaim", instance)["spec"]["volumeName"]
    spec = settled.get("persistentvolume", claim)["spec"]
    before, after = tmp_path / "before", tmp_path / "after"
    place = Path((spec.get("hostPath") or spec["local"])["path"])

    def move(*commands: str) -> None:
        with stopped(settled, instance):
            run("bash", "-euc", "; ".join(commands), env=settled.env)

    move(
        f"cp -a {place} {before}",
        f"mount -t tmpfs -o size=$(($(du -sm {before} | cut -f1) + {SPARE_MB}))m opine-drill {place}",
        f"cp -a {before}/. {place}",
    )
    try:
        promote(settled, instance)
        yield place
    finally:
        promote(settled, primary)
        move(
            f"cp -a {place} {after}",
            f"umount {place}",
            f"find {place} -mindepth 1 -delete",
            f"cp -a {after}/. {place}",
        )


def test_a_full_disk_stops_submissions_only_and_is_told(
    settled: Release, under_load: Callable[..., Any], volume: Path, figures: dict[str, str]
) -> None:
    ballast = volume / "ballast"
    phases: set[str] = set()
    with under_load("PostgreSQL's disk full for 30 s") as load:
        with ballast.open("wb") as file:
            fill(file.fileno())
        full_at = time.monotonic()
        try:
            while time.monotonic() < full_at + 30:
                phases.add(settled.get("cluster", "opine-db")["status"]["phase"])
                time.sleep(1)
        finally:
            ballast.unlink()
        room_s = load.now_s()
        wait_until(lambda: saved_since(load, room_s), "a review that is saved again", 180)
        again_s = load.now_s() - room_s
        wait_until(settled.database_is_healthy, "a healthy Cluster", 180)
    assert load.failures, "nothing was refused"
    assert {answer.kind for answer in load.failures} <= {"submit"}
    assert {answer.status for answer in load.failures} <= {503, 504}
    assert all(answer.detail.startswith("Retry-After") for answer in load.failures)
    figures["a full disk"] = (
        f"reviews are accepted again {again_s:.0f} s after there was room; meanwhile the Cluster said "
        f"{', '.join(sorted(phases))}"
    )


def fill(descriptor: int) -> None:
    block = bytes(4096)
    try:
        while True:
            os.write(descriptor, block)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def saved_since(load: Load, at_s: float) -> bool:
    return any(answer.kind == "submit" and not answer.failed and answer.at_s > at_s for answer in load.answers[-60:])
