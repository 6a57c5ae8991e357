"""What breaks, is broken, under a steady load: no saved review is lost, and planned changes fail nobody."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster.commands import CLUSTER, CommandError, run
from tests.support.cluster.load import Load
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

# The longest time in which requests may fail when something breaks unplanned; the failover of PostgreSQL included.
LONGEST_FAILING_S = 30.0


@pytest.mark.parametrize("component", ["sentiment", "reviews", "frontend"])
def test_a_restart_of_a_component_fails_nobody(
    settled: Release, under_load: Callable[..., Any], component: str
) -> None:
    with under_load(f"{component} restarted") as load:
        settled.kubectl("rollout", "restart", f"deployment/opine-{component}")
        settled.rollout(component)
        time.sleep(12)
    assert load.failures == []


@pytest.mark.parametrize("component", ["sentiment", "reviews"])
def test_a_killed_pod_is_felt_for_seconds_at_most(
    settled: Release, under_load: Callable[..., Any], component: str
) -> None:
    with under_load(f"a pod of {component} killed") as load:
        name = settled.pods(component)[0]["metadata"]["name"]
        settled.kubectl("delete", "pod", name, "--grace-period=0", "--force")
        settled.rollout(component)
    assert load.failing_s() < 10
    assert len(load.failures) < len(load.answers) / 4


@pytest.mark.parametrize("how", ["killed", "drained"])
def test_the_databases_primary_goes(settled: Release, under_load: Callable[..., Any], how: str) -> None:
    with under_load(f"PostgreSQL's primary {how}") as load:
        before = settled.primary()
        options = ["--grace-period=0", "--force"] if how == "killed" else []
        settled.kubectl("delete", "pod", before, "--wait=false", *options)
        wait_until(lambda: settled.primary() != before and settled.database_is_healthy(), "another primary", 180)
    assert load.failing_s() < LONGEST_FAILING_S
    for answer in load.failures:
        assert answer.status == 503, answer
        assert answer.detail.startswith("Retry-After"), answer


def test_a_restart_of_the_pooler_fails_nobody(settled: Release, under_load: Callable[..., Any]) -> None:
    with under_load("the pooler restarted") as load:
        settled.kubectl("rollout", "restart", "deployment/opine-db-pooler")
        settled.kubectl("rollout", "status", "deployment/opine-db-pooler", "--timeout=120s")
        time.sleep(12)
    assert load.failures == []


def test_without_the_operator_everything_goes_on(settled: Release, under_load: Callable[..., Any]) -> None:
    operator = ("--namespace", "cnpg-system", "scale", "deployment/cnpg-controller-manager")
    with under_load("the operator away for a minute") as load:
        run("kubectl", *operator, "--replicas=0", env=settled.env)
        try:
            time.sleep(60)
        finally:
            run("kubectl", *operator, "--replicas=1", env=settled.env)
    assert load.failures == []


def test_load_adds_pods_and_rest_takes_them_away(settled: Release, figures: dict[str, str]) -> None:
    scaling = {"enabled": True, "minReplicas": 2, "maxReplicas": 4, "targetCPUUtilization": 100}
    settled.upgrade({"frontend": {"autoscaling": {**scaling, "scaleDownStabilizationSeconds": 15}}})
    try:
        assert settled.get("deployment", "opine-frontend")["spec"]["replicas"] >= 2, "turning it on takes no pod away"
        wait_until(lambda: len(settled.pods("frontend")) == 2, "two pods at rest", 180)
        started = time.monotonic()
        with Load(settled.address("frontend"), pause_s=0) as load:
            wait_until(lambda: len(settled.pods("frontend")) > 2, "a third pod", 180)
            added = time.monotonic() - started
            settled.rollout("frontend")
        ended = time.monotonic()
        assert load.failures == []
        wait_until(lambda: len(settled.pods("frontend")) == 2, "two pods again", 300)
        figures["CPU load on two frontend pods, HPA"] = (
            f"a pod more after {added:.0f} s, two again {time.monotonic() - ended:.0f} s after its end; "
            f"{len(load.answers):,} requests, none failed"
        )
    finally:
        # The number of pods belonged to the autoscaler; Helm takes it back.
        settled.upgrade({}, "--force-conflicts")


def test_down_to_one_pod_of_each_and_up_again(settled: Release, under_load: Callable[..., Any]) -> None:
    few: dict[str, Any] = {part: {"replicaCount": 1} for part in ("sentiment", "reviews", "frontend")}
    few["database"] = {"cnpg": {"instances": 1, "pooler": {"instances": 1}}}
    with under_load("down to one pod of each and one instance of PostgreSQL, and up again") as load:
        # An autoscaler of before may own the number of pods, too.
        settled.upgrade(few, "--force-conflicts")
        wait_until(lambda: len(settled.pods("database")) == 1 and settled.is_restored(), "one instance", 180)
        parts = ("sentiment", "reviews", "frontend", "pooler")
        wait_until(lambda: [len(settled.pods(part)) for part in parts] == [1] * 4, "one pod of each", 120)
        settled.upgrade()
        wait_until(settled.is_restored, "every pod ready", 240)
    assert load.failures == []


STRANGER = """
import sys, urllib.request
try:
    sys.stdout.write(str(urllib.request.urlopen(sys.argv[1], timeout=4).status))
except OSError as error:
    sys.stdout.write(repr(error))
"""


def ask_as(release: Release, name: str, labels: str, url: str) -> str:
    """What a pod with these labels gets from an address."""
    image = release.values["reviews"]["image"]
    overrides = (
        '{"spec": {"securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": '
        '"RuntimeDefault"}}, "containers": [{"name": "%s", "image": "%s", "command": ["python", "-c", %s, "%s"], '
        '"securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}'
    )
    code = '"' + STRANGER.replace('"', '\\"').replace("\n", "\\n") + '"'
    reference = f"{image['repository']}:{image['tag']}"
    release.kubectl(
        "run", name, "--restart=Never", f"--image={reference}", f"--labels={labels}",
        f"--overrides={overrides % (name, reference, code, url)}",
    )  # fmt: skip
    try:
        wait_until(lambda: release.get("pod", name)["status"]["phase"] == "Succeeded", f"{name} ended", 60)
        return release.kubectl("logs", name)
    finally:
        release.kubectl("delete", "pod", name, "--wait=false")


OWN = "app.kubernetes.io/name=opine,app.kubernetes.io/instance=opine,app.kubernetes.io/component="


def test_a_stranger_is_not_let_in(settled: Release) -> None:
    model, api = settled.address("sentiment"), settled.address("reviews")
    for url in (model, api):
        assert "timed out" in ask_as(settled, "stranger", "app=stranger", f"{url}/livez")
    assert ask_as(settled, "like-the-api", f"{OWN}reviews", f"{model}/livez") == "200"
    assert "timed out" in ask_as(settled, "like-the-page", f"{OWN}frontend", f"{model}/livez")


@pytest.fixture
def newer_schema(settled: Release, tmp_path: Path) -> str:
    """The tag of a reviews image with one migration more, which fails."""
    image = settled.values["reviews"]["image"]
    (tmp_path / "9999_fails.py").write_text(
        f'revision = "9999"\ndown_revision = "{newest_revision()}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        'def upgrade():\n    from alembic import op\n    op.execute("SELECT 1 / 0")\n'
    )
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image['repository']}:{image['tag']}\n"
        "COPY 9999_fails.py /opt/opine/lib/python3.13/site-packages/opine_reviews/migrations/versions/\n"
    )
    tag = f"{image['tag']}-fails"
    name = f"{image['repository']}:{tag}"
    env = {**settled.env, "BUILDAH_ISOLATION": "chroot"}
    run("buildah", "bud", "--tag", name, str(tmp_path), env=env)
    if CLUSTER.exists():
        run(str(CLUSTER), "load", name, env=settled.env)
    return tag


def newest_revision() -> str:
    from opine_reviews.schema import expected_revision  # noqa: PLC0415  only this drill needs the package

    return expected_revision()


def test_a_failing_migration_leaves_the_old_pods_serving(
    settled: Release, under_load: Callable[..., Any], newer_schema: str
) -> None:
    with under_load("a migration that fails") as load:
        with pytest.raises(CommandError):
            settled.upgrade(
                {"reviews": {"image": {**settled.values["reviews"]["image"], "tag": newer_schema}}}, timeout="60s"
            )
        waiting = [pod for pod in settled.pods("reviews") if pod["status"]["phase"] == "Pending"]
        assert waiting, "new pods wait for their schema"
        settled.helm("rollback", "opine", "--wait")
    assert load.failures == []


def test_a_wrong_image_stops_its_rollout_and_nothing_else(settled: Release, under_load: Callable[..., Any]) -> None:
    with under_load("an image that is not there") as load:
        for component in ("sentiment", "frontend"):
            image = {**settled.values[component]["image"], "tag": "0.0.0-is-not-there"}
            with pytest.raises(CommandError):
                settled.upgrade({component: {"image": image}}, timeout="30s")
            settled.helm("rollback", "opine", "--wait")
    assert load.failures == []
