"""The frontend under gunicorn, as it runs in a pod, on a free port."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTED_S = 60.0


@contextmanager
def frontend(reviews_url: str, port: int, log: Path, **environment: str) -> Iterator[str]:
    """Serve the frontend; yields its base URL."""
    url = f"http://127.0.0.1:{port}"
    own = {"OPINE_FRONTEND_REVIEWS_URL": reviews_url, "OPINE_FRONTEND_BIND": f"127.0.0.1:{port}"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:opine_frontend.gunicorn_conf"],
            env={**os.environ, **own, **environment},  # noqa: TID251  a child's
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(f"{url}/readyz", process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTED_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own http URL
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the frontend did not become ready:\n{log.read_text()}")
