"""A start of `python -m opine_local`, with everything that it starts, on free ports; for any suite."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from opine_local.ports import any_free
from opine_local.processes import kill_marked, marked_processes

READY = r"Opine is ready: (http://127\.0\.0\.1:\d+)(?: \(admin password ([a-z0-9-]+)\))?"
# Generous: they only end a test that hangs. A stop is meant to take less than five seconds.
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 10.0
OPINE_LOCAL = [sys.executable, "-m", "opine_local"]


class LocalRun:
    """One start of Opine and what it says."""

    def __init__(self, command: list[str], data_dir: Path, *, cwd: Path, **environment: str) -> None:
        self.data_dir = data_dir
        names = ("FRONTEND", "REVIEWS", "SENTIMENT", "POSTGRES")
        self.ports = {name.lower(): any_free() for name in names}
        ports = {f"OPINE_LOCAL_{name}_PORT": str(self.ports[name.lower()]) for name in names}
        # Also for a command that looks for this run.
        self.environment = os.environ | ports | {"OPINE_LOCAL_DATA_DIR": str(data_dir)} | environment  # noqa: TID251  its base
        self.lines: list[str] = []
        self._said = threading.Condition()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def until_said(self, pattern: str) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            return re.search(pattern, self.output)

        with self._said:
            self._said.wait_for(lambda: found() or self.process.poll() is not None, START_TIMEOUT_S)
        match = found()
        assert match, self.output
        return match

    def until_ready(self) -> re.Match[str]:
        return self.until_said(READY)

    def stop(self, number: signal.Signals) -> int:
        """Signal the whole group, as a terminal does; the exit status."""
        os.killpg(self.process.pid, number)
        return self.ended()

    def ended(self) -> int:
        status = self.process.wait(STOP_TIMEOUT_S)
        self._reader.join(STOP_TIMEOUT_S)
        return status

    def remains(self) -> list[str]:
        """Processes and listening sockets that are still there."""
        processes = [f"process {process.pid} {process.name()}" for process in marked_processes(self.data_dir)]
        listening = {
            connection.laddr[1]
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr
        }
        sockets = [f"port {port} of {name}" for name, port in self.ports.items() if port in listening]
        files = [str(path) for path in self.data_dir.glob("postgres/data/postmaster.pid")]
        return processes + sockets + files

    @contextmanager
    def stalled(self, service: str) -> Iterator[None]:
        """A service whose processes stand still: it accepts connections and answers none."""
        name = {"sentiment": "opine_sentiment", "reviews": "opine_reviews", "postgres": "postgres"}[service]
        marked = [process for process in marked_processes(self.data_dir) if name in " ".join(process.cmdline())]
        assert marked, name
        # PostgreSQL's backends write their names over the mark, so they are found as children.
        processes = {*marked, *(child for process in marked for child in process.children(recursive=True))}
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        kill_marked(self.data_dir)
        self.ended()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self.process.wait()
            self._said.notify_all()


StartLocal = Callable[..., LocalRun]
