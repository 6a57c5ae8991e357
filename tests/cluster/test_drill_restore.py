"""PostgreSQL from its backups, by the runbook's commands: what is archived comes back, row by row."""

import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.support.cluster.commands import CLUSTER
from tests.support.cluster.documented import block, follow
from tests.support.cluster.load import Load, stored_keys
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

SECRETS = ("opine-secrets", "opine-db-scraping", "opine-db-analysis", "opine-db-reading")
RUNBOOK = "docs/runbooks/restore.md"
STORE = {
    "endpointURL": "http://s3.s3.svc:7070",
    "destinationPath": "s3://opine/drill",
    "existingSecret": "opine-s3",
    "enabled": True,
}
# Every column of every review, and how many there are.
FINGERPRINT = "SELECT count(*) || ' ' || md5(coalesce(string_agg(review::text, '|' ORDER BY id), '')) FROM review"


def healthy(release: Release, cluster: str = "opine-db") -> bool:
    return bool(release.get("cluster", cluster)["status"].get("phase") == "Cluster in healthy state")


def archives(release: Release) -> bool:
    conditions = release.get("cluster", "opine-db")["status"]["conditions"]
    return any(one["type"] == "ContinuousArchiving" and one["status"] == "True" for one in conditions)


def backed_up(release: Release) -> bool:
    return any(backup.get("status", {}).get("phase") == "completed" for backup in release.get("backups")["items"])


@pytest.fixture
def archived(settled: Release) -> Release:
    """With a whole backup and an archived log."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no S3 store of ours")
    printed = subprocess.run(
        [str(CLUSTER), "backups"], env=dict(settled.env), capture_output=True, text=True, check=True
    ).stderr
    (key,), (secret,) = (re.findall(rf"{name}=([\w-]+)", printed) for name in ("ACCESS_KEY_ID", "ACCESS_SECRET_KEY"))
    settled.kubectl("delete", "secret", "opine-s3", "--ignore-not-found")
    settled.kubectl(
        "create", "secret", "generic", "opine-s3",
        f"--from-literal=access-key-id={key}", f"--from-literal=secret-access-key={secret}",
    )  # fmt: skip
    store = STORE | {"destinationPath": f"s3://opine/drill-{int(time.time())}"}
    settled.upgrade({"database": {"cnpg": {"backup": store}}})
    wait_until(lambda: healthy(settled) and archives(settled), "an archived log", 300)
    # The Cluster was there before: the chart asks for its first whole backup when the pods have the plugin.
    wait_until(lambda: backed_up(settled), "a whole backup", 480)
    phases = [backup["status"]["phase"] for backup in settled.get("backups")["items"]]
    assert phases == ["completed"]
    return settled


def destroy(release: Release) -> None:
    """The Cluster with its volumes, at once: nothing is archived on the way out."""
    release.kubectl("delete", "cluster", "opine-db", "--wait=false")
    release.kubectl("delete", "pods,pvc", "--selector=cnpg.io/cluster=opine-db", "--grace-period=0", "--force")
    wait_until(lambda: not release.get("pvc", labels="cnpg.io/cluster=opine-db")["items"], "no volume", 120)


def archive_log(release: Release) -> None:
    """Until the segment that is being written is in the store."""
    segment = release.query("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(
        lambda: release.query("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver") >= segment,
        f"{segment} archived",
        120,
    )


def accepted_after_s(release: Release) -> float:
    """When a review is accepted, from now; after that no request fails."""
    with Load(release.address("frontend")) as load:
        wait_until(load.saved_keys, "a review is accepted", 60)
        time.sleep(5)
    first_s = min(answer.at_s for answer in load.answers if answer.kind == "submit" and not answer.failed)
    assert [answer for answer in load.failures if answer.at_s > first_s] == []
    return first_s


def test_what_is_archived_comes_back(archived: Release, figures: dict[str, str], tmp_path: Path) -> None:
    release = archived
    with Load(release.address("frontend")) as load:
        time.sleep(15)
        moment = release.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        at_moment = release.query(f"{FINGERPRINT} WHERE created_at <= '{moment}'")
        time.sleep(10)
        newest = release.query("SELECT max(id) FROM review")
        at_newest = release.query(f"{FINGERPRINT} WHERE id <= {newest}")
        archive_log(release)
        time.sleep(10)
    accepted = load.saved_keys()
    destroyed = time.monotonic()
    destroy(release)

    follow(release, block(RUNBOOK, "serverName=opine-db-2"), tmp_path, timeout=900)
    took = time.monotonic() - destroyed + accepted_after_s(release)
    assert release.query(f"{FINGERPRINT} WHERE id <= {newest}") == at_newest
    lost = accepted - set(stored_keys(release.address("reviews"), load.mark))
    figures["restored after the volumes were destroyed under load"] = (
        f"reviews are accepted again after {took:.0f} s; all {at_newest.split()[0]} archived rows equal; "
        f"{len(lost)} of {len(accepted)} accepted reviews lost, all later than the last archived segment"
    )
    archive_log(release)

    began = time.monotonic()
    follow(release, f"export MOMENT='{moment}'\n" + block(RUNBOOK, "opine-db-moment"), tmp_path, timeout=900)
    took = time.monotonic() - began
    assert release.query(FINGERPRINT, "opine-db-moment") == at_moment
    assert release.query(f"{FINGERPRINT} WHERE id <= {newest}") == at_newest
    figures["back to a moment, beside the living Cluster"] = (
        f"{took:.0f} s; {at_moment.split()[0]} rows equal, none of later"
    )
    with Load(release.address("frontend")) as after:
        time.sleep(5)
    assert after.failures == []

    values = tmp_path / "values.yaml"
    values.write_text(release.helm("get", "values", "opine", "--output", "yaml"))
    given = yaml.safe_load(values.read_text())
    given["database"]["cnpg"] |= {"clusterName": ""}
    given["database"]["cnpg"].pop("recovery")
    values.write_text(yaml.safe_dump(given))
    release.helm("uninstall", "opine", "--wait")
    release.kubectl("delete", "cluster,objectstore,scheduledbackup", "--all")
    release.kubectl("delete", "secret", *SECRETS, "--ignore-not-found")
    release.kubectl("delete", "pvc", "--all")
    began = time.monotonic()
    follow(release, f"export VALUES='{values}'\n" + block(RUNBOOK, "helm -n opine install"), tmp_path, timeout=900)
    took = time.monotonic() - began
    assert release.query(f"{FINGERPRINT} WHERE id <= {newest}") == at_newest
    figures["restored where only the bucket was left"] = f"{took:.0f} s"
    follow(release, block(RUNBOOK, "after-restore-"), tmp_path)
    wait_until(lambda: backed_up(release), "a whole backup of the new Cluster", 300)
    assert "Succeeded" in release.helm("test", "opine")
