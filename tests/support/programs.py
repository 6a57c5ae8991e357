"""Programs of the product as processes: what they are told, and when they are ready."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

# Only ends a test that hangs.
STARTED_S = 60.0


def environment_of(prefix: str, settings: Mapping[str, object]) -> dict[str, str]:
    """This process's variables without any of Opine's, and these settings of a service, such as `OPINE_REVIEWS_`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPINE_")}  # noqa: TID251  the child's
    return inherited | {prefix + name.upper(): str(value) for name, value in settings.items()}


def wait_for_status(url: str, status: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask until the answer has a status; fails with the log where the program ends first."""
    end = time.monotonic() + STARTED_S
    while True:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
                found = answer.status
        except urllib.error.HTTPError as error:
            found = error.code
            error.close()
        except OSError:
            found = None
        if found == status:
            return
        assert time.monotonic() < end, f"{url} never answered {status}:\n{log.read_text()}"
        time.sleep(0.05)
