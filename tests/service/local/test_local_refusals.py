"""What a person may meet: each gives one sentence that says what to do, and no traceback."""

import os
import re
import signal
import socket
import time
from pathlib import Path

from tests.support.local_run import LocalRun, StartLocal


def refused(run: LocalRun, sentence: str) -> None:
    status = run.ended()
    assert status == 1, run.output
    assert re.search(sentence, run.output), run.output
    assert "Traceback" not in run.output
    assert run.remains() == []


def test_a_taken_port_is_refused(start_local: StartLocal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = start_local(OPINE_LOCAL_REVIEWS_PORT=str(port))
        refused(run, rf"Port {port} is taken by .*\(process {os.getpid()}\).* make run OPINE_LOCAL_REVIEWS_PORT=\d+")


def test_a_folder_that_cannot_be_written_is_refused(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(start_local(data_dir=tmp_path / "file" / "local"), r"cannot write to .*/file/local \(not a directory\)")


def test_damaged_data_are_refused_and_left_alone(start_local: StartLocal, tmp_path: Path) -> None:
    control = tmp_path / "local/postgres/data/global/pg_control"
    run = start_local()
    while not control.exists():
        assert run.process.poll() is None, run.output
        time.sleep(0.1)
    run.stop(signal.SIGINT)
    control.write_bytes(b"damaged")
    refused(start_local(), r"(?s)postgres ended .*pg_control.*restore .*/local/postgres, or remove it to start afresh")
    assert control.read_bytes() == b"damaged"
    (tmp_path / "local/postgres/data/PG_VERSION").write_text("15\n")
    refused(start_local(), r"is of PostgreSQL 15 and this is PostgreSQL \d+: move .* away")
    (tmp_path / "local/postgres/data/PG_VERSION").unlink()
    refused(start_local(), r"/local/postgres/data is damaged: restore it, or remove")
