"""How gunicorn serves the frontend; any line can be overridden on its command line."""

bind = "0.0.0.0:8050"
# Failed logins are counted in the process, so one worker; it scales by threads, and by replicas.
workers = 1
worker_class = "gthread"
# Most of a request's time is spent waiting for the reviews API.
threads = 16
# A browser keeps its connection between keystrokes.
keepalive = 75
timeout = 30
graceful_timeout = 20
# Heartbeats on a disk can stall the worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108  only gunicorn's heartbeat file
# Nobody steers it by a socket, and its place, the home folder, may be read-only.
control_socket_disable = True
logger_class = "opine_common.gunicorn_logs.StructuredLogger"
