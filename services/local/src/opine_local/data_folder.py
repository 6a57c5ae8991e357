"""The folder `.local`: whether it can be used, and the lock that keeps a second run out."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opine_local.settings import CommandError, reason

# A new cluster takes 40 MB; the rest is room to work in.
_NEEDED_MB = 200


def prepare(data_dir: Path) -> None:
    """Create the folder if need be and check that there is room to write.

    Raises:
        CommandError: it cannot be written to, or the disk is full.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(data_dir, error) from None
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise _unwritable(data_dir, PermissionError(0, "permission denied"))
    free_mb = shutil.disk_usage(data_dir).free // 2**20
    if free_mb < _NEEDED_MB:
        raise CommandError(
            f"Only {free_mb} MB are free for {data_dir}: Opine needs {_NEEDED_MB} MB, so free some space."
        )


@contextmanager
def lock_folder(data_dir: Path, page_url: str) -> Iterator[None]:
    """Hold the folder's lock. The kernel lets go of it however the run ends.

    Raises:
        CommandError: another run holds it; names its process and its page.
    """
    path = data_dir / "run.lock"
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandError(f"Opine already runs on {data_dir} ({file.read()}): stop that run first.") from None
        # Only now: what another holder wrote had to stay readable until the lock was ours.
        file.truncate(0)
        file.write(f"process {os.getpid()}, {page_url}")
        file.flush()
        yield


def page_url_of_run(data_dir: Path) -> str | None:
    """The page's URL of the run that holds the folder; None: there is no such run."""
    path = data_dir / "run.lock"
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return path.read_text(encoding="utf-8").rpartition(", ")[2]
    return None


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        f"Opine cannot write to {path} ({reason(error)}): make it writable for you, "
        "or choose another folder with OPINE_LOCAL_DATA_DIR.",
    )
