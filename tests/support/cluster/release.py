"""The release under test: Helm's commands, and what kubectl knows of it."""

import json
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.support import ROOT
from tests.support.cluster.commands import CommandError, run

CHART = str(ROOT / "charts/opine")
RESTRICTED = "{pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted}"
VALUES = ROOT / "tests/cluster/values.yaml"
NAME = "opine"


@dataclass
class Release:
    env: Mapping[str, str]
    namespace: str
    values: dict[str, Any] = field(default_factory=dict)
    chart: str = CHART

    def helm(self, *arguments: str, timeout: float = 600) -> str:
        return run("helm", *arguments, "--namespace", self.namespace, env=self.env, timeout=timeout)

    def kubectl(self, *arguments: str, timeout: float = 300, text_in: str | None = None) -> str:
        return run("kubectl", "--namespace", self.namespace, *arguments, env=self.env, timeout=timeout, text_in=text_in)

    def create_namespace(self) -> None:
        """One that enforces restricted Pod Security."""
        named = f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {self.namespace}, labels: {RESTRICTED}}}}}"
        self.kubectl("apply", "--filename", "-", text_in=named)

    def delete_namespace(self) -> None:
        self.kubectl("delete", "namespace", self.namespace, "--timeout=120s", timeout=150)

    def status(self) -> str | None:
        """Helm's word for the newest revision, such as `deployed` or `pending-install`; None where there is none."""
        try:
            found: str = json.loads(self.helm("status", NAME, "--output", "json"))["info"]["status"]
        except CommandError as error:
            if "not found" in str(error):
                return None
            raise
        return found

    def install(self) -> float:
        """Seconds until all is ready."""
        return self._apply("install", {})

    def upgrade(self, values: Mapping[str, Any] | None = None, *options: str, timeout: str = "5m") -> float:
        return self._apply("upgrade", values or {}, *options, timeout=timeout)

    def _apply(self, verb: str, values: Mapping[str, Any], *more_options: str, timeout: str = "8m") -> float:
        started = time.monotonic()
        with (
            tempfile.NamedTemporaryFile("w", suffix=".yaml") as file,
            tempfile.NamedTemporaryFile("w", suffix=".yaml") as more,
        ):
            yaml.safe_dump(self.values, file)
            yaml.safe_dump(dict(values), more)
            file.flush()
            more.flush()
            options = ["--values", str(VALUES), "--values", file.name, "--values", more.name, "--timeout", timeout]
            self.helm(verb, NAME, self.chart, *options, "--wait", *more_options)
        return time.monotonic() - started

    def get(self, kind: str, name: str | None = None, labels: str | None = None) -> Any:  # noqa: ANN401  any object
        more = ([name] if name else []) + (["--selector", labels] if labels else [])
        return json.loads(self.kubectl("get", kind, *more, "--output", "json"))

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Those that are not on their way out."""
        # The operator gives the pooler's pods an instance of its own.
        instance = (
            f"cnpg.io/poolerName={NAME}-db-pooler" if component == "pooler" else f"app.kubernetes.io/instance={NAME}"
        )
        labels = f"{instance},app.kubernetes.io/component={component}"
        items: list[dict[str, Any]] = self.get("pods", labels=labels)["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def address(self, component: str) -> str:
        """The Service's address; nodes of the test's cluster reach it, and so does this machine.

        Nodes route to a pod a moment after it is ready, which is when Helm stops waiting.
        """
        service = self.get("service", f"{NAME}-{component}")["spec"]
        host, port = service["clusterIP"], service["ports"][0]["port"]
        wait_until(lambda: accepts(host, port), f"{host}:{port} accepts connections", 30)
        return f"http://{host}:{port}"

    def metrics(self, component: str) -> str:
        """What a pod of it exports, asked within the pod: no Service publishes that port."""
        code = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:5001/metrics').read().decode())"
        return self.kubectl("exec", self.pods(component)[0]["metadata"]["name"], "--", "python", "-c", code)

    @contextmanager
    def forwarded(self, component: str) -> Iterator[str]:
        """The Service at an address of this machine, which a browser trusts more than a cluster's."""
        command = ["kubectl", "--namespace", self.namespace, "port-forward", f"service/{NAME}-{component}", ":80"]
        with subprocess.Popen(command, env=dict(self.env), stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
                assert found is not None
                yield f"http://{found[0]}"
            finally:
                process.terminate()

    def primary(self, cluster: str = f"{NAME}-db") -> str:
        name: str = self.get("cluster", cluster)["status"]["currentPrimary"]
        return name

    def query(self, sql: str, cluster: str = f"{NAME}-db") -> str:
        """What its primary answers to the superuser, also while it is read-only for others."""
        return self.kubectl(
            "exec", self.primary(cluster), "--container", "postgres", "--", "psql", "--quiet", "--tuples-only",
            "--no-align", "--dbname", "opine", "--command", "SET default_transaction_read_only = off", "--command", sql,
        ).strip()  # fmt: skip

    def rollout(self, component: str, timeout: str = "180s") -> None:
        self.kubectl("rollout", "status", f"deployment/{NAME}-{component}", f"--timeout={timeout}")

    def database_is_healthy(self) -> bool:
        status = self.get("cluster", f"{NAME}-db")["status"]
        return bool(status.get("phase") == "Cluster in healthy state")

    def is_restored(self) -> bool:
        """Every Deployment has all its pods, and the database is healthy."""
        deployments = self.get("deployments")["items"]
        ready = all(
            d["status"].get("readyReplicas", 0) == d["spec"]["replicas"] == d["status"].get("updatedReplicas", 0)
            for d in deployments
        )
        return ready and self.database_is_healthy()

    def diagnosis(self) -> str:
        """What one would look at: pods, events, the logs of what is not ready."""
        parts = []
        for arguments in (
            ("get", "pods,jobs,cluster,pooler", "--output", "wide"),
            ("get", "events", "--sort-by=.lastTimestamp", "--field-selector", "type=Warning"),
        ):
            try:
                parts.append(self.kubectl(*arguments))
            except CommandError as error:
                parts.append(str(error))
        for pod in self.get("pods")["items"]:
            statuses = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
            for status in statuses:
                if not status["ready"]:
                    name = pod["metadata"]["name"]
                    try:
                        log = self.kubectl("logs", name, "--container", status["name"], "--tail", "15")
                    except CommandError as error:
                        log = str(error)
                    parts.append(f"--- {name} {status['name']}\n{log}")
        return "\n".join(parts)


def accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, f"not in {seconds} s: {what}"
        time.sleep(1)
