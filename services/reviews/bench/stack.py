"""What the benchmarks beside this file measure: gunicorn and the review API on a PostgreSQL of its own.

Both start with the settings of a `make run` PostgreSQL (fsync on, 64 MB of shared buffers) and of the review API's
defaults, in a temporary folder that is removed at the end. Needs the packages opine-local and opine-reviews.
"""

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
from opine_local.ports import HOST, any_free
from opine_local.postgres import open_cluster
from opine_reviews.brands_file import read_brands, upsert_brands
from opine_reviews.database import make_tool_engine
from opine_reviews.migration import upgrade
from opine_reviews.settings import Settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

_PATIENCE_S = 60.0
_CLIENT_HASH_KEY = "a key that only benchmarks use"
_PACKAGES = ("flask", "gunicorn", "sqlalchemy", "psycopg2-binary", "pydantic")


@dataclass(frozen=True)
class Stack:
    engine: Engine
    settings: Settings
    port: int


@contextmanager
def running_stack() -> Iterator[Stack]:
    """The API with the shipped brands and no reviews."""
    with tempfile.TemporaryDirectory(prefix="opine-bench-") as folder:
        cluster = open_cluster(Path(folder), _environment(), port=any_free(), password="of a benchmark")  # noqa: S106  of a scratch database
        cluster.prepare()
        with _process(cluster.program.command, _environment(), Path(folder) / "postgres.log", signal.SIGINT):
            _wait(cluster.is_ready)
            settings = Settings.model_validate({"database_url": cluster.url, "client_hash_key": _CLIENT_HASH_KEY})
            engine = make_tool_engine(settings)
            upgrade(engine)
            with Session(engine) as session, session.begin():
                upsert_brands(session, read_brands())
            with running_api(Path(folder), cluster.url) as (port, _):
                yield Stack(engine, settings, port)


@contextmanager
def running_api(
    folder: Path, database_url: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """Its port and its process, for `cpu_seconds`; its log lies in the folder."""
    port = any_free()
    own = {**_gunicorn_environment(database_url, port), **(environment or {})}
    with running(
        [sys.executable, "-m", "gunicorn", "-c", "python:opine_reviews.gunicorn_conf"], own, folder, port
    ) as session:
        yield port, session


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], folder: Path, port: int) -> Iterator[int]:
    """A service for the block, once it is ready: its process, for `cpu_seconds`."""
    with _process(command, {**_environment(), **environment}, folder / f"{port}.log") as pid:
        _wait(lambda: _is_ready(port))
        yield pid


def cpu_seconds(pid: int) -> float:
    """What a service's processes have computed so far. What else the machine does is no part of it."""
    root = psutil.Process(pid)
    return sum(sum(one.cpu_times()) for one in (root, *root.children(recursive=True)))


def machine(stack: Stack) -> str:
    """Where the figures are from, in one line."""
    models = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    with stack.engine.connect() as connection:
        names = ("server_version", "fsync", "synchronous_commit")
        server = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
    return ", ".join(
        [
            f"{os.cpu_count()} x {models[0].partition(': ')[2] if models else platform.machine()}",
            f"load {os.getloadavg()[0]:.1f}",
            f"PostgreSQL {server[0]} (fsync {server[1]}, synchronous_commit {server[2]})",
            f"Python {platform.python_version()}",
            *(f"{name} {version(name)}" for name in _PACKAGES),
            f"{stack.settings.workers} workers of {stack.settings.threads} threads",
        ]
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def _gunicorn_environment(database_url: str, port: int) -> dict[str, str]:
    own = {"DATABASE_URL": database_url, "CLIENT_HASH_KEY": _CLIENT_HASH_KEY, "BIND": f"{HOST}:{port}"}
    # One client asks for more than many people do.
    own |= {"SUBMISSIONS_LIMIT": "", "PREDICTIONS_LIMIT": ""}
    return {f"OPINE_REVIEWS_{name}": value for name, value in own.items()}


@contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str], log: Path, stop: signal.Signals = signal.SIGTERM
) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process.pid
    except BaseException:
        print(log.read_text("utf-8")[-2000:], file=sys.stderr)
        raise
    finally:
        process.send_signal(stop)
        process.wait(_PATIENCE_S)


def _wait(is_ready: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not is_ready():
        if time.monotonic() > end:
            raise TimeoutError("a part of the benchmark did not start")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004  OK
    except OSError:
        return False
