"""Servers as processes that run only while they are measured."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BIN = Path(sys.executable).parent
_PACKAGE = Path(__file__).parents[1]
_STARTED_S = 120


@dataclass(frozen=True)
class Contender:
    """A server and how it is asked for the prediction of one text."""

    name: str
    command: Sequence[str]
    """`{port}` stands for the port."""
    ready_path: str
    path: str
    one_text: str
    """The body for a text; `{text}` stands for it."""


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(
            "opine",
            ("bentoml", "serve", "sentiment_bench.servers.opine_service:Sentiment", "--port", "{port}"),
            "/readyz",
            "/v1/predict",
            '{{"texts": ["{text}"]}}',
        ),
        Contender(
            "opine_api",
            ("bentoml", "serve", "sentiment_bench.servers.opine_service:Sentiment", "--port", "{port}"),
            "/readyz",
            "/predict",
            '{{"texts": ["{text}"]}}',
        ),
        Contender(
            "stock_bentoml",
            ("bentoml", "serve", "sentiment_bench.servers.stock_bentoml:Stock", "--port", "{port}"),
            "/readyz",
            "/predict",
            '{{"texts": ["{text}"]}}',
        ),
        Contender(
            "litserve",
            ("python", "-m", "sentiment_bench.servers.lit_serve", "{port}"),
            "/health",
            "/predict",
            '{{"text": "{text}"}}',
        ),
        Contender(
            "fastapi",
            ("uvicorn", "sentiment_bench.servers.fast_api:app", "--port", "{port}", "--log-level", "warning"),
            "/ready",
            "/predict",
            '{{"text": "{text}"}}',
        ),
    )
}


class Server:
    """A started contender."""

    settles_s = 0.5
    """How long one that stood still runs before it is measured."""

    def __init__(self, contender: Contender, folder: Path, environment: Mapping[str, str]) -> None:
        self.contender = contender
        self.port = _free_port()
        self.log = folder / f"{contender.name}.log"
        command = [part.format(port=self.port) for part in contender.command]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [_BIN / command[0], *command[1:]],
                env={**_inherited(), "BENTOML_HOME": str(folder / contender.name), **environment},
                cwd=_PACKAGE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it is ready."""
        deadline = time.monotonic() + _STARTED_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.contender.ready_path}", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.contender.name} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def request(self, text: str, headers: str = "") -> bytes:
        """The bytes of a request for one text."""
        body = self.contender.one_text.format(text=text).encode()
        return (
            f"POST {self.contender.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def cpu_seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._tree())

    def resident_mb(self) -> float:
        """Of the process that has most: the one that computes."""
        return max(process.memory_info().rss for process in self._tree()) / 2**20

    def newest_process_age(self) -> float:
        """Seconds since the worker was started: BentoML's supervisor has one."""
        # psutil knows the time of the boot to a second only.
        stats = [Path(f"/proc/{process.pid}/stat").read_text() for process in self._tree()]
        newest = max(int(stat.rsplit(")", 1)[1].split()[19]) for stat in stats)
        return time.clock_gettime(time.CLOCK_BOOTTIME) - newest / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let it run for a while; otherwise it stands still and takes nothing from the others."""
        os.killpg(self._process.pid, signal.SIGCONT)
        time.sleep(self.settles_s)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGSTOP)

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _tree(self) -> list[psutil.Process]:
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]


def _inherited() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPINE_", "BENCH_"))}  # noqa: TID251  the child process's
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPINE_SENTIMENT_THREADS"), "1")
    return {**environment, **one_thread, "BENTOML_DO_NOT_TRACK": "True", "PYTHONPATH": str(_PACKAGE)}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
