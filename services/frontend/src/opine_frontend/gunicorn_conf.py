"""How gunicorn serves the frontend; any line can be overridden on its command line."""

from gunicorn.arbiter import Arbiter
from opine_common.readiness import wait_for_network

from opine_frontend.settings import get_settings

_settings = get_settings()

wsgi_app = "opine_frontend.asgi:app"
bind = [address for address in (_settings.bind, _settings.management_bind) if address]
# Failed logins are counted in the process, so one worker; it scales by threads, and by replicas.
workers = 1
worker_class = "opine_common.uvicorn_worker.UvicornWorker"
# A browser keeps its connection between keystrokes.
keepalive = 75
timeout = 30
graceful_timeout = 20
# Heartbeats on a disk can stall the worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108  only gunicorn's heartbeat file
# Nobody steers it by a socket, and its place, the home folder, may be read-only.
control_socket_disable = True
logger_class = "opine_common.gunicorn_logs.StructuredLogger"


def on_starting(_server: Arbiter) -> None:
    wait_for_network(_settings.reviews_url.host, _settings.reviews_url.port)
