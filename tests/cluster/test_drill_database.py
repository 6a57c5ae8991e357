"""PostgreSQL hangs, turns read-only, is cut off, or is older or newer than the code."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

AWAY = {503, 504}


def signal_postgres(release: Release, pod: str, signal: str) -> None:
    every = f"grep -l '^postgres' /proc/[0-9]*/comm | cut -d/ -f3 | xargs kill -{signal}"
    release.kubectl("exec", pod, "--container", "postgres", "--", "bash", "-c", every)


def test_a_database_that_hangs_stops_submissions_only(settled: Release, under_load: Callable[..., Any]) -> None:
    pod = settled.primary()
    with under_load("PostgreSQL hangs for 15 s (SIGSTOP)") as load:
        signal_postgres(settled, pod, "STOP")
        try:
            time.sleep(15)
        finally:
            signal_postgres(settled, pod, "CONT")
        time.sleep(10)
    assert {answer.status for answer in load.failures} <= AWAY
    assert {answer.kind for answer in load.failures} <= {"submit"}
    assert load.failing_s() < 30


def test_a_database_that_is_cut_off_stops_submissions_only(settled: Release, under_load: Callable[..., Any]) -> None:
    if not CLUSTER.exists():
        pytest.skip("the cluster has no way to this machine")
    # The node is this machine: packets to PostgreSQL are dropped, so that connections hang instead of ending.
    address = settled.get("pod", settled.primary())["status"]["podIP"]
    rule = ("FORWARD", "--destination", address, "--protocol", "tcp", "--dport", "5432", "--jump", "DROP")
    with under_load("PostgreSQL cut off by the network for 15 s") as load:
        run("iptables", "--insert", *rule, env=settled.env)
        try:
            time.sleep(15)
        finally:
            run("iptables", "--delete", *rule, env=settled.env)
        time.sleep(10)
    assert load.failures, "nothing was cut"
    assert {answer.status for answer in load.failures} <= AWAY
    assert {answer.kind for answer in load.failures} <= {"submit"}
    assert load.failing_s() < 40


def test_connections_to_a_primary_that_was_read_only_are_left(settled: Release, under_load: Callable[..., Any]) -> None:
    with under_load("PostgreSQL read-only for 10 s, as a demoted primary") as load:
        settled.query("ALTER DATABASE opine SET default_transaction_read_only = on")
        settled.query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = 'opine' AND pid <> pg_backend_pid()",
        )
        time.sleep(10)
        settled.query("ALTER DATABASE opine RESET default_transaction_read_only")
        time.sleep(15)
    assert {answer.status for answer in load.failures} <= AWAY
    assert {answer.kind for answer in load.failures} <= {"submit"}
    assert load.failing_s() < 16


@pytest.fixture
def newer(settled: Release, tmp_path: Path) -> Iterator[str]:
    """The tag of a reviews image with one revision more, which builds an index."""
    from opine_reviews.schema import expected_revision  # noqa: PLC0415  only this drill needs the package

    image = settled.values["reviews"]["image"]
    (tmp_path / "9999_index.py").write_text(
        f'revision = "9999"\ndown_revision = "{expected_revision()}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        "def upgrade():\n    from opine_reviews.migrations.indexes import create_index_concurrently\n"
        '    create_index_concurrently("ix_of_a_drill", "review", ["stars"])\n'
    )
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image['repository']}:{image['tag']}\n"
        "COPY 9999_index.py /opt/opine/lib/python3.13/site-packages/opine_reviews/migrations/versions/\n"
    )
    tag = f"{image['tag']}-newer"
    run(
        "buildah", "bud", "--tag", f"{image['repository']}:{tag}", str(tmp_path),
        env={**settled.env, "BUILDAH_ISOLATION": "chroot"},
    )  # fmt: skip
    if CLUSTER.exists():
        run(str(CLUSTER), "load", f"{image['repository']}:{tag}", env=settled.env)
    yield tag
    settled.query(f"UPDATE alembic_version SET version_num = '{expected_revision()}'")  # noqa: S608  ours
    settled.query("DROP INDEX ix_of_a_drill")


def test_a_rollback_across_a_migration(settled: Release, under_load: Callable[..., Any], newer: str) -> None:
    with under_load("upgrade across a migration while a transaction holds the table, and helm rollback") as load:
        settled.kubectl(
            "exec", settled.primary(), "--container", "postgres", "--", "bash", "-c",
            "psql opine -c 'BEGIN' -c 'SELECT count(*) FROM review' -c 'SELECT pg_sleep(20)' >/dev/null 2>&1 &",
        )  # fmt: skip
        settled.upgrade({"reviews": {"image": {**settled.values["reviews"]["image"], "tag": newer}}})
        assert settled.query("SELECT version_num FROM alembic_version") == "9999"
        settled.helm("rollback", "opine", "--wait", "--wait-for-jobs")
        assert settled.query("SELECT version_num FROM alembic_version") == "9999"
        wait_until(settled.is_restored, "every pod ready", 120)
    assert load.failures == []
    jobs = settled.get("jobs", labels="app.kubernetes.io/component=migrations")["items"]
    assert all(job["status"].get("succeeded") for job in jobs)
