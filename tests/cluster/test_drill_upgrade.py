"""From the release before to this one and back, with its own chart and images; and what uninstalling leaves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import image_values, load_missing
from tests.support import ROOT
from tests.support.cluster.commands import CommandError, run
from tests.support.cluster.documented import block, follow
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

# Until there is a tag: the commit before the schema's revision 0008.
BEFORE = "89a9221f13691b4b8cffc32048fff57de6c0015e"
COMPONENTS_BEFORE = ("sentiment", "reviews", "frontend")
README = "charts/opine/README.md"


@pytest.fixture(scope="module")
def before(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The release before, beside the one of the other tests."""
    folder = tmp_path_factory.mktemp("before") / "opine"
    try:
        run("git", "worktree", "add", "--detach", str(folder), BEFORE, env=env)
    except CommandError as error:
        pytest.skip(f"the history is not here: {error}")
    try:
        names = run(str(folder / "k8s/images/build"), *COMPONENTS_BEFORE, env=env, timeout=1200).split()
        load_missing(env, names)
        values = image_values(dict(zip(COMPONENTS_BEFORE, names, strict=True)))
        release = Release(env, "opine-before", values, str(folder / "charts/opine"))
        release.create_namespace()
        release.install()
        yield release
        release.delete_namespace()
    finally:
        run("git", "worktree", "remove", "--force", str(folder), env=env)


def revision(release: Release) -> str:
    return release.query("SELECT version_num FROM alembic_version")


def test_the_release_before_is_upgraded_and_rolled_back(
    before: Release, under_load: Callable[..., Any], images: dict[str, str]
) -> None:
    wait_until(before.is_restored, "every pod ready", 120)
    now = replace(before, values=image_values(images), chart=str(ROOT / "charts/opine"))
    old = revision(before)
    with under_load("upgrade from the release before, and helm rollback", release=before) as load:
        now.upgrade()
        new = revision(now)
        assert int(new) > int(old)
        wait_until(now.is_restored, "every pod ready", 240)
        now.helm("rollback", "opine", "--wait", "--wait-for-jobs")
        wait_until(now.is_restored, "every pod ready", 240)
    assert revision(before) == new
    # Pods of PostgreSQL whose specification changed are replaced (here their probes did), and a primary that moves
    # refuses writes for seconds. A new version alone changes none: tests/chart/test_chart_upgrade.py.
    assert {answer.kind for answer in load.failures} <= {"submit"}
    assert all(answer.status == 503 and answer.detail.startswith("Retry-After") for answer in load.failures)


def test_uninstalling_leaves_the_data_until_they_are_deleted_as_the_readme_says(
    before: Release, tmp_path: Path
) -> None:
    before.helm("uninstall", "opine", "--wait")
    kept = [item["kind"] for item in left(before)]
    assert sorted(set(kept)) == ["Cluster", "Secret"]
    follow(before, block(README, "kubectl delete cluster opine-db"), tmp_path)
    wait_until(lambda: left(before) == [], "nothing of the release", 120)
    wait_until(lambda: before.get("persistentvolumeclaims,pods")["items"] == [], "no pod and no volume", 120)


def left(release: Release) -> list[dict[str, Any]]:
    """What Helm made; what the operator made of that has an owner and goes with it."""
    kinds = "all,secrets,configmaps,serviceaccounts,networkpolicies,poddisruptionbudgets,cluster,databaserole,pooler"
    labels = "app.kubernetes.io/instance=opine,app.kubernetes.io/managed-by=Helm"
    items: list[dict[str, Any]] = release.get(kinds, labels=labels)["items"]
    return [item for item in items if "ownerReferences" not in item["metadata"]]
