"""gunicorn's settings, from ours: `gunicorn -c python:opine_reviews.gunicorn_conf`."""

import shutil
import tempfile
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from opine_common.logs import configure_logging
from opine_common.readiness import wait_for_network

from opine_reviews.settings import get_settings

_settings = get_settings()
configure_logging("reviews", json=_settings.log_json)

_temp_dir = None if _settings.temp_dir is None else str(_settings.temp_dir)
_own_metrics_dir = None if _settings.metrics_dir else tempfile.mkdtemp(prefix="opine-reviews-", dir=_temp_dir)
_metrics_dir = Path(_own_metrics_dir or _settings.metrics_dir or "")

wsgi_app = "opine_reviews.asgi:app"
bind = [address for address in (_settings.bind, _settings.management_bind) if address]
worker_class = "opine_common.uvicorn_worker.UvicornWorker"
workers = _settings.workers
timeout = 30
graceful_timeout = _settings.graceful_timeout_s
# Longer than the frontend keeps an idle connection, so that it is the client who closes first.
keepalive = 75
worker_tmp_dir = _temp_dir
# Nobody steers it by a socket, and its place, the home folder, may be read-only.
control_socket_disable = True
logger_class = "opine_common.gunicorn_logs.StructuredLogger"
# Read by the Prometheus client when the workers import it.
raw_env = [f"PROMETHEUS_MULTIPROC_DIR={_metrics_dir}"]


def on_starting(_server: Arbiter) -> None:
    # Counting starts at nought: the files of an earlier run would be added to this one's.
    _metrics_dir.mkdir(parents=True, exist_ok=True)
    for file in _metrics_dir.glob("*.db"):
        file.unlink()
    wait_for_network(_settings.sentiment_url.host, _settings.sentiment_url.port)
    for server in _settings.database_url.hosts():
        wait_for_network(server["host"], server["port"] or 5432)


def child_exit(_server: Arbiter, worker: Worker) -> None:
    # Imported late: the client decides at import whether it counts over processes.
    from prometheus_client import multiprocess  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Arbiter) -> None:
    if _own_metrics_dir is not None:
        shutil.rmtree(_own_metrics_dir, ignore_errors=True)
