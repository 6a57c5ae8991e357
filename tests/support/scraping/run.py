"""The real program in a process of its own, beside a real demo site."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer
from opine_scraping.items import RunReport
from pyarrow import dataset

from tests.support.programs import environment_of


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str
    folder: Path
    """Of state and output."""

    def reports(self, kind: str = "crawl") -> list[RunReport]:
        """In the order of their ends."""
        files = sorted(self.folder.glob(f"{kind}/**/reports/*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [RunReport.model_validate(json.loads(file.read_text())) for file in files]

    @property
    def report(self) -> RunReport:
        return self.reports()[-1]


@dataclass(frozen=True)
class Program:
    folder: Path
    settings: dict[str, str]
    """Without their prefix."""

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "opine_scraping", *arguments],
            env=environment_of("OPINE_SCRAPING_", self.settings | settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **settings: str) -> Ended:
        with self.start(*arguments, **settings) as process:
            stdout, stderr = process.communicate(timeout=120)
        return Ended(process.returncode, stdout, stderr, self.folder)


@contextmanager
def serving(catalogue: Catalogue) -> Iterator[DemoServer]:
    with DemoServer(catalogue) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pages_asked(server: DemoServer) -> list[str]:
    """Review pages, each as often as it was asked for."""
    asked = list(server.site.asked.items())
    return [path for path, count in asked for _ in range(count) if path.startswith("/review/")]


def parquet_rows(folder: Path, kind: str = "reviews") -> list[dict[str, Any]]:
    return list(dataset.dataset(folder / kind, partitioning="hive").to_table().to_pylist())
