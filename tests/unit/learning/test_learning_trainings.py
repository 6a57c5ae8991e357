"""When a version learns, and how processes and Jobs do it; the cluster is a server that stands for its own."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client
from opine_learning.evidence import Counts
from opine_learning.kubernetes_jobs import TrainingJobs
from opine_learning.settings import Settings
from opine_learning.training_policy import Signals, TrainingPolicy, drift_reason, reason_to_train
from opine_learning.training_processes import TrainingProcesses
from opine_learning.trainings import LauncherError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGUN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("new", "idle_s", "drift", "wanted"),
    [
        (199, None, None, None),
        (200, None, None, "200 new reviews with a proposal, 40 of them corrected"),
        (200, 3599.0, None, None),
        (200, 3600.0, None, "200 new reviews with a proposal, 40 of them corrected"),
        (50, None, None, None),
        (49, None, "Proposals are corrected.", None),
        (50, None, "Proposals are corrected.",
         "Proposals are corrected. 50 new reviews with a proposal, 40 of them corrected"),
        (50, 10.0, "Proposals are corrected.", None),
    ],
)  # fmt: skip
def test_a_version_learns_from_labels_enough_sooner_where_words_drift(
    new: int, idle_s: float | None, drift: str | None, wanted: str | None
) -> None:
    signals = Signals(since=BEGUN, proposals=Counts(40, new), idle_s=idle_s, drift=drift)
    assert reason_to_train(signals, TrainingPolicy()) == wanted


def test_drift_counts_of_the_live_version_and_since_it_learned() -> None:
    reasons = [{"said": "People correct what it says of refund."}, {"said": "Agreement fell."}]
    until = (BEGUN + dt.timedelta(days=1)).isoformat()
    answer = {"drifted": True, "reasons": reasons, "report": {"model_digest": "a", "until": until}}
    assert drift_reason(answer, "a", BEGUN) == "People correct what it says of refund. Agreement fell."
    assert drift_reason(answer, "b", BEGUN) is None
    assert drift_reason(answer, "a", BEGUN + dt.timedelta(days=1)) is None
    assert drift_reason(answer | {"drifted": False}, "a", BEGUN) is None
    assert drift_reason({"drifted": False, "reasons": [], "report": None}, "a", BEGUN) is None
    assert drift_reason(None, "a", BEGUN) is None


def test_the_settings_are_the_policy() -> None:
    given = {"registry_token": "t"}
    assert Settings.model_validate(given).training_policy == TrainingPolicy()
    assert Settings.model_validate(given | {"training_labels": 7}).training_policy == TrainingPolicy(labels=7)


def processes(tmp_path: Path, python: str) -> TrainingProcesses:
    return TrainingProcesses(
        Settings.model_validate(
            {
                "registry_token": "the token",
                "training_python": python,
                "training_dir": tmp_path,
                "training_database_url": "postgresql://opine_analysis:hunter2@127.0.0.1:1/opine",
            }
        )
    )


def script(tmp_path: Path, body: str) -> str:
    """Stands for a Python that trains."""
    file = tmp_path / "python"
    file.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}\n")
    file.chmod(0o755)
    return str(file)


def test_a_process_gets_its_secrets_where_nobody_sees_them(tmp_path: Path) -> None:
    launcher = processes(
        tmp_path,
        script(tmp_path, "print(sys.argv, os.environ['PGPASSWORD'], os.environ['OPINE_TRAINING_REGISTRY_TOKEN'])"),
    )
    assert launcher.obstacle() is None
    assert launcher.state(4).kind == "missing"
    launcher.start(4)
    while launcher.state(4).kind == "running":
        time.sleep(0.01)
    assert launcher.state(4).kind == "ended"
    said = (tmp_path / "training-4/output.txt").read_text()
    arguments, _, secrets = said.partition("]")
    assert "'--training-run', '4'" in arguments
    assert "postgresql://opine_analysis@127.0.0.1:1/opine" in arguments
    assert "hunter2" not in arguments
    assert secrets.split() == ["hunter2", "the", "token"]


def test_a_process_that_fails_says_why_and_one_that_hangs_is_ended(tmp_path: Path) -> None:
    failing = processes(tmp_path / "a", script(tmp_path, "sys.exit('opine_training: no such database')"))
    failing.start(1)
    while failing.state(1).kind == "running":
        time.sleep(0.01)
    state = failing.state(1)
    assert (state.kind, state.reason) == ("failed", "it ended with status 1: opine_training: no such database")
    hanging = processes(tmp_path / "b", script(tmp_path, "time.sleep(600)"))
    hanging.start(2)
    hanging.start(2)
    assert hanging.state(2).kind == "running"
    hanging.close()
    assert hanging.state(2).kind == "missing"


def test_a_python_without_pytorch_is_an_obstacle_that_is_named(tmp_path: Path) -> None:
    without = processes(tmp_path, script(tmp_path, "sys.exit(1)")).obstacle()
    assert without is not None
    assert without.endswith("has no PyTorch and opine-training; see OPINE_LEARNING_TRAINING_PYTHON")
    nowhere = processes(tmp_path, str(tmp_path / "nowhere")).obstacle()
    assert nowhere is not None
    assert "cannot be run" in nowhere


CRON_JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "opine-training", "uid": "u-1"},
    "spec": {
        "schedule": "0 4 * * 0",
        "suspend": True,
        "jobTemplate": {
            "metadata": {"labels": {"app.kubernetes.io/component": "training"}},
            "spec": {
                "backoffLimit": 3,
                "template": {"spec": {"containers": [{"name": "training", "args": ["cycle"], "image": "t"}],
                                      "nodeSelector": {"gpu": "yes"}}},
            },
        },
    },
}  # fmt: skip


class Cluster(BaseHTTPRequestHandler):
    jobs: dict[str, Any]
    has_template: bool

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2].partition("?")[0]
        found = (CRON_JOB if self.has_template else None) if "cronjobs" in self.path else self.jobs.get(name)
        self._answer(200 if found else 404, found or {"kind": "Status", "code": 404})

    def do_POST(self) -> None:
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        there = self.jobs.setdefault(job["metadata"]["name"], job) is not job
        self._answer(409 if there else 201, job)

    def _answer(self, status: int, body: Any) -> None:  # noqa: ANN401  JSON
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def cluster(*, has_template: bool = True) -> Iterator[tuple[TrainingJobs, dict[str, Any]]]:
    jobs: dict[str, Any] = {}
    handler = type("Handler", (Cluster,), {"jobs": jobs, "has_template": has_template})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        configuration = client.Configuration()
        configuration.host = f"http://127.0.0.1:{server.server_port}"
        yield TrainingJobs("opine", "opine-training", client.BatchV1Api(client.ApiClient(configuration))), jobs
        server.shutdown()


def test_a_job_is_made_of_the_cron_job_once() -> None:
    with cluster() as (launcher, jobs):
        assert launcher.obstacle() is None
        assert launcher.state(7).kind == "missing"
        launcher.start(7)
        launcher.start(7)
        (job,) = jobs.values()
        assert job["metadata"]["name"] == "opine-training-7"
        assert job["metadata"]["ownerReferences"][0]["uid"] == "u-1"
        pod = job["spec"]["template"]["spec"]
        assert pod["containers"][0]["args"] == ["cycle", "--training-run", "7"]
        assert pod["nodeSelector"] == {"gpu": "yes"}, "where the template says"
        assert launcher.state(7).kind == "running"
        job["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
        assert launcher.state(7).kind == "ended"
        failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "it took too long"}
        job["status"] = {"conditions": [failed]}
        assert launcher.state(7).reason == "its Job failed (DeadlineExceeded: it took too long)"


def test_a_chart_without_training_is_an_obstacle_that_is_named() -> None:
    with cluster(has_template=False) as (launcher, jobs):
        assert launcher.obstacle() == "there is no CronJob opine-training: set training.enabled in the chart"
        with pytest.raises(LauncherError, match=r"set training.enabled"):
            launcher.start(1)
        assert jobs == {}
