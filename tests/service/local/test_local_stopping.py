"""However a run ends, nothing of it stays behind."""

import os
import pty
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from opine_local.processes import marked_processes

from tests.support.local_run import LocalRun, StartLocal

# Generous: it only ends a test that hangs.
START_TIMEOUT_S = 120.0


def first_process_of(run: LocalRun, service: str) -> psutil.Process:
    """The process that the run started for a service: the one that is its child."""
    words = {"postgres": "postgres", "sentiment": "bentoml"}
    [found] = [
        child
        for child in psutil.Process(run.process.pid).children()
        if any(words[service] in word for word in child.cmdline())
    ]
    return found


@pytest.mark.parametrize("service", ["postgres", "sentiment"])
def test_a_service_that_dies_ends_all_with_its_name(start_local: StartLocal, service: str) -> None:
    run = start_local()
    run.until_ready()
    first_process_of(run, service).kill()
    assert run.ended() == 1
    assert f"{service} ended (killed by SIGKILL), so Opine stops." in run.output
    assert "Traceback" not in run.output
    assert run.remains() == []


def test_a_stop_during_the_start_leaves_nothing(start_local: StartLocal) -> None:
    run = start_local()
    run.until_said("Starting Opine")
    assert run.stop(signal.SIGINT) == 0
    assert "Opine is ready" not in run.output
    assert run.remains() == []


def test_the_terminal_goes_away(start_local: StartLocal, tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    name = os.ttyname(its_end)
    # The shell leads a new session, so what it opens becomes its controlling terminal.
    run = start_local(["sh", "-c", f'exec "{sys.executable}" -m opine_local <{name} >{name} 2>&1'])
    said = b""
    while b"Opine is ready" not in said:
        assert select.select([terminal], [], [], START_TIMEOUT_S)[0], said
        said += os.read(terminal, 4096)
    assert b"\033[" in said  # coloured on a terminal
    assert len(marked_processes(tmp_path / "local")) > 4
    os.close(its_end)
    os.close(terminal)
    assert run.ended() == 0
    assert run.remains() == []


def test_what_a_killed_run_left_is_ended_by_the_next(start_local: StartLocal) -> None:
    killed = start_local()
    while len(left := marked_processes(killed.data_dir)) < len(killed.ports):
        assert killed.process.poll() is None, killed.output
        time.sleep(0.1)
    killed.process.kill()
    killed.process.wait()
    run = start_local()
    run.until_said(r"Ended \d+ processes left by a run that was killed")
    run.until_ready()
    with suppress(psutil.TimeoutExpired):
        psutil.wait_procs(left, timeout=1)
    assert [process for process in left if process.is_running()] == []
    assert run.stop(signal.SIGINT) == 0
    assert run.remains() == []
