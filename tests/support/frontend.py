"""The frontend under gunicorn, as it runs in a pod, on a free port."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import environment_of, wait_for_status


@contextmanager
def frontend(reviews_url: str, port: int, log: Path, **settings: str) -> Iterator[str]:
    """Serve the frontend; yields its base URL. `settings` are OPINE_FRONTEND_ ones."""
    own = {"reviews_url": reviews_url, "bind": f"127.0.0.1:{port}"}
    url = f"http://{own['bind']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:opine_frontend.gunicorn_conf"],
            env=environment_of("OPINE_FRONTEND_", own | settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for_status(f"{url}/readyz", 200, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)
