"""`bentoml serve` as a process, on a port of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support import ROOT
from tests.support.programs import environment_of, wait_for_status

BENTOML = Path(sys.executable).parent / "bentoml"
FOLDER = Path()
"""Instead of a model: the server's own folder, where the stand-in engine looks for its files."""


@dataclass
class Server:
    """A running service."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    """The stand-in engine's model folder; it waits for files in it."""
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    @cached_property
    def http(self) -> httpx.Client:
        """Asks it on a new connection each time, as `httpx.get` does, which also reads all certificates: for 30 ms."""
        return httpx.Client(base_url=self.url, limits=httpx.Limits(max_keepalive_connections=0))

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def computed(self) -> list[int]:
        """Lengths of the texts that the stand-in engine was given, in order."""
        path = self.folder / "computed"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def hold(self) -> None:
        """Make the stand-in engine wait in its next batch."""
        (self.folder / "go").unlink(missing_ok=True)

    def release(self) -> None:
        (self.folder / "go").touch()

    def until(self, path: str, status: int) -> None:
        """Wait for a status of a GET."""
        wait_for_status(self.url + path, status, self.process, self.log_path)

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to end, and give its exit status."""
        self.release()
        (self.folder / "warm").touch()
        if self.process.poll() is None:
            self.process.send_signal(stop_signal)
        return self.process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Launcher:
    """Starts servers and ends those that are left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[Server] = []

    def launch(
        self,
        service: str,
        *,
        model_dir: Path | None = FOLDER,
        program: Path = BENTOML,
        port: int | None = None,
        **settings: int | str,
    ) -> Server:
        """Start `bentoml serve`; `settings` are OPINE_SENTIMENT_ ones, and a `model_dir` of None is the shipped one."""
        home = self.folder / f"server-{len(self.servers)}"
        home.mkdir()
        port = port or free_port()
        environment = environment_of("OPINE_SENTIMENT_", settings) | {
            "BENTOML_HOME": str(home),
            "BENTOML_DO_NOT_TRACK": "True",
        }
        if model_dir is not None:
            environment["OPINE_SENTIMENT_MODEL_DIR"] = str(home if model_dir == FOLDER else model_dir)
        log_path = home / "log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [program, "serve", service, "--host", "127.0.0.1", "--port", str(port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        server = Server(process, f"http://127.0.0.1:{port}", home, log_path)
        self.servers.append(server)
        return server

    def stand_in(self, **settings: Any) -> Server:  # noqa: ANN401  as launch takes them
        """A server around the stand-in engine, not warmed up yet."""
        server = self.launch("tests.support.sentiment.stand_in_service:Sentiment", **settings)
        server.release()
        return server

    def close(self) -> None:
        for server in self.servers:
            server.stop()
