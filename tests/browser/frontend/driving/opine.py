"""The whole of Opine as `make run` starts it, on free ports and data of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from opine_local.leftovers import marked_processes

STARTED_S = 120.0
PARTS = ("frontend", "reviews", "sentiment", "postgres")


class Opine:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._ports = dict(zip(PARTS, _free_ports(len(PARTS)), strict=True))
        self.log = data_dir.with_suffix(".log")
        settings = {f"OPINE_LOCAL_{part.upper()}_PORT": str(port) for part, port in self._ports.items()}
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "opine_local"],
                env=os.environ | settings | {"OPINE_LOCAL_DATA_DIR": str(data_dir)},  # noqa: TID251  a child's
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self._ports[part]}"

    def wait_until_ready(self) -> None:
        end = time.monotonic() + STARTED_S
        while "Opine is ready" not in self.log.read_text():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.1)

    @contextmanager
    def stalled(self, part: str) -> Iterator[None]:
        """A part whose processes stand still: it accepts connections and answers none."""
        name = {"sentiment": "opine_sentiment", "reviews": "opine_reviews", "postgres": "postgres"}[part]
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
                with suppress(ProcessLookupError):
                    process.resume()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(timeout=30)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
