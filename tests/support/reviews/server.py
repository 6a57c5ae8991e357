"""The review API under gunicorn, as it runs in a pod, on a free port."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3
from opine_local.ports import any_free

from tests.support.programs import environment_of, wait_for_status

# What the frontend waits at most.
CLIENT_TIMEOUT_S = 8.0


@dataclass
class Api:
    """A running API. `http` is safe for threads and neither retries nor waits longer than the frontend does."""

    url: str
    process: subprocess.Popen[bytes]
    log_path: Path
    http: urllib3.PoolManager

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def request(self, method: str, path: str, **options: object) -> urllib3.BaseHTTPResponse:
        return self.http.request(method, self.url + path, **options)  # type: ignore[arg-type]

    def until(self, path: str, status: int) -> None:
        """Wait for a status of a GET."""
        wait_for_status(self.url + path, status, self.process, self.log_path)


@contextmanager
def serve(folder: Path, **settings: str) -> Iterator[Api]:
    """Start gunicorn by the documented command; `settings` are OPINE_REVIEWS_ ones."""
    port = any_free()
    # Its clients here are one.
    unlimited = dict.fromkeys(("predictions_limit", "submissions_limit", "brands_limit"), "")
    log_path = folder / "api.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:opine_reviews.gunicorn_conf"],
            cwd=folder,
            env=environment_of("OPINE_REVIEWS_", {**unlimited, **settings, "bind": f"127.0.0.1:{port}"}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    http = urllib3.PoolManager(maxsize=16, retries=False, timeout=CLIENT_TIMEOUT_S)
    try:
        yield Api(f"http://127.0.0.1:{port}", process, log_path, http)
    finally:
        http.clear()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
