"""PgBouncer in front of a test's PostgreSQL, with the parameters of the chart's Pooler."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from opine_local.ports import HOST, any_free
from opine_local.postgres import postgres_account
from sqlalchemy import make_url

STARTED_S = 30.0


@contextmanager
def running_pgbouncer(folder: Path, url: str, parameters: Mapping[str, str]) -> Iterator[str]:
    """The address at which it hands on to `url`, in transaction mode."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("there is no pgbouncer (Debian, Ubuntu: apt-get install pgbouncer)")
    behind = make_url(url)
    before = behind.set(port=any_free())
    # Debian's PgBouncer is older than 1.20, which reads the limits inside of `options`.
    ignored = f"{parameters['ignore_startup_parameters']},options"
    settings = {
        **parameters,
        "ignore_startup_parameters": ignored,
        "pool_mode": "transaction",
        "listen_addr": HOST,
        "listen_port": str(before.port),
        "unix_socket_dir": "",
        "auth_type": "any",
    }
    target = f"host={behind.host} port={behind.port} dbname={behind.database} user={behind.username}"
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n{behind.database} = {target} password='{behind.password}'\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in settings.items())
    )
    log = folder / "pgbouncer.log"
    account = postgres_account(folder / "postgres", folder)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*account.prefix, program, str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + STARTED_S
        while not _answers(before.render_as_string(hide_password=False)):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield before.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(STARTED_S)


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url.replace("+psycopg2", "")).close()
    except psycopg2.OperationalError:
        return False
    return True
