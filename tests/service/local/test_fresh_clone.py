"""The README's first command in a fresh clone: installs, starts, serves, stops."""

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.cluster.documented import block
from tests.support.local_run import LocalRun, StartLocal

pytestmark = pytest.mark.fresh_clone

RUN = shlex.split(block("README.md", "make run").splitlines()[0], comments=True)
# Where uv seldom is: then the bootstrap without it is tried too.
SYSTEM_PATH = "/usr/bin:/bin"


def clone(into: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", ROOT, into / "opine"], check=True)
    return into / "opine"


@pytest.fixture
def plain_users_clone() -> Iterator[Path]:
    # Not below pytest's own folder, which is closed to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="opine-"))
    checkout = clone(folder)
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    yield checkout
    shutil.rmtree(folder)


def is_installed(checkout: Path) -> bool:
    """Whether make would leave `.venv` as it is."""
    plan = subprocess.run(
        ["make", "--dry-run", ".venv/installed"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout
    return "pip install" not in plan


def serves_and_stops(run: LocalRun) -> None:
    page_url = run.until_ready()[1]
    with urllib.request.urlopen(page_url, timeout=10) as page:  # noqa: S310  our own address
        assert page.status == 200
    assert "Traceback" not in run.output
    run.stop(signal.SIGINT)
    assert "Traceback" not in run.output
    assert run.remains() == []


def test_the_account_of_the_tests(start_local: StartLocal, tmp_path: Path) -> None:
    checkout = clone(tmp_path)
    assert not is_installed(checkout)
    serves_and_stops(start_local(RUN, checkout / ".local", cwd=checkout))
    assert (checkout / ".local/postgres/data/PG_VERSION").exists()
    assert is_installed(checkout)
    (checkout / "services/local/requirements.txt").touch()
    assert not is_installed(checkout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_a_plain_user_without_uv(start_local: StartLocal, plain_users_clone: Path) -> None:
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    run = start_local(
        [*as_nobody, *RUN],
        plain_users_clone / ".local",
        cwd=plain_users_clone,
        HOME=str(plain_users_clone.parent),
        PATH=SYSTEM_PATH,
    )
    serves_and_stops(run)
    assert is_installed(plain_users_clone)
    assert not (plain_users_clone / ".venv-uv").exists()
    data = plain_users_clone / ".local/postgres/data"
    assert data.stat().st_uid == pwd.getpwnam("nobody").pw_uid
