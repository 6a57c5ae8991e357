"""The volume of PostgreSQL's primary is full, and has room again."""

import errno
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

# A new database takes 60 MB, its log 80 MB before files of it are used again.
VOLUME_MB = 320
OPERATOR = ("--namespace", "cnpg-system", "scale", "deployment/cnpg-controller-manager")


@contextmanager
def stopped(release: Release, instance: str) -> Iterator[None]:
    """The instance's pod is away for the block: without the operator nobody makes another."""
    run("kubectl", *OPERATOR, "--replicas=0", env=release.env)
    try:
        operator = "--selector=app.kubernetes.io/name=cloudnative-pg"
        run("kubectl", "--namespace", "cnpg-system", "wait", "--for=delete", "pod", operator, env=release.env)
        release.kubectl("delete", "pod", instance)
        yield
    finally:
        run("kubectl", *OPERATOR, "--replicas=1", env=release.env)
    wait_until(lambda: instance in healthy(release), f"{instance} is healthy", 180)


def healthy(release: Release) -> list[str]:
    status = release.get("cluster", "opine-db")["status"]
    found: list[str] = status.get("instancesStatus", {}).get("healthy", [])
    return found if release.database_is_healthy() else []


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
        f"mount -t tmpfs -o size={VOLUME_MB}m,mode=777 opine-drill {place}",
        f"cp -a {before}/. {place}",
    )
    try:
        settled.kubectl("delete", "pod", primary)
        wait_until(lambda: settled.primary() == instance and len(healthy(settled)) > 1, "it to be the primary", 180)
        yield place
    finally:
        settled.kubectl("delete", "pod", instance, "--wait=false")
        wait_until(lambda: settled.primary() != instance and len(healthy(settled)) > 1, "another primary", 180)
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
