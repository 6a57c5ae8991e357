"""The processes of one data folder, found by a mark in their environment.

Process groups are not enough: BentoML's arbiter gives each of its workers a session of its own, and those outlive an
arbiter that is killed.
"""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "OPINE_LOCAL_RUN"


def mark(data_dir: Path) -> dict[str, str]:
    return {MARK: str(data_dir)}


def marked_processes(data_dir: Path) -> list[psutil.Process]:
    return list(_marked(data_dir))


def end_leftovers(data_dir: Path, *, patience_s: float) -> int:
    """End what a killed run left behind; to be called only by the holder of the folder's lock."""
    # SIGINT means a fast stop to PostgreSQL, gunicorn and BentoML alike.
    found = marked_processes(data_dir)
    _signal_all(found, signal.SIGINT)
    psutil.wait_procs(found, timeout=patience_s)
    kill_marked(data_dir)
    return len(found)


def kill_marked(data_dir: Path) -> None:
    # Twice: one may have started another in between.
    for _ in range(2):
        rest = marked_processes(data_dir)
        _signal_all(rest, signal.SIGKILL)
        psutil.wait_procs(rest, timeout=1)


def _marked(data_dir: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(data_dir):
                yield process


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
