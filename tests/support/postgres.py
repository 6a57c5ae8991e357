"""A PostgreSQL of the tests' own, which can be killed and frozen."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from opine_local.ports import any_free
from opine_local.postgres import open_cluster

from tests.support.programs import STARTED_S


class Postgres:
    """A new, empty cluster; not started yet."""

    def __init__(self, folder: Path) -> None:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        self._cluster = open_cluster(folder, environment, port=any_free(), password="made up for these tests")
        self._cluster.prepare()
        self._environment = environment
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._cluster.url

    def start(self) -> None:
        self._cluster.forget_server()
        # A killed process leaves what it wrote to the operating system: fsync protects from nothing that happens here.
        command = [*self._cluster.program.command, "-c", "fsync=off"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        end = time.monotonic() + STARTED_S
        while not self._cluster.is_ready():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.02)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End all its processes at once, as a lost machine would."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(STARTED_S)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        family = [server, *server.children(recursive=True)]
        for process in family:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        if number is signal.SIGKILL:
            psutil.wait_procs(family[1:], timeout=STARTED_S)


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """A started one, which ends with the block."""
    server = Postgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()
