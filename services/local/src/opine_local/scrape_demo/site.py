"""The demo site of the scraping, and the environment of its commands."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opine_local.refusal import Refusal
from opine_local.settings import inherited_environment

_ADDRESS = re.compile(r"http://\S+")
# Enough to page through, and read within a minute.
_SIZE = ("--companies", "2", "--reviews", "45")


@contextmanager
def demo_site(python: Path) -> Iterator[str]:
    """Serve the site on a free port; its address."""
    command = [str(python), "-m", "opine_demo_site", "--port", "0", *_SIZE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inherited_environment()) as process:  # noqa: S603  ours
        try:
            first = "" if process.stdout is None else process.stdout.readline()
            found = _ADDRESS.search(first)
            if found is None:
                raise Refusal(f"The demo site did not start: {' '.join(command)} says {first.strip() or 'nothing'}.")
            yield found[0]
        finally:
            process.terminate()


def scraping_environment(state_dir: Path, database_url: str) -> dict[str, str]:
    return inherited_environment() | {
        "OPINE_SCRAPING_DATABASE_URL": database_url,
        "OPINE_SCRAPING_STATE_DIR": str(state_dir),
        "OPINE_SCRAPING_LOG_JSON": "false",
        # The site is this machine's own.
        "OPINE_SCRAPING_THROTTLE": "false",
        # Chromium's sandbox does not work under root.
        **({"OPINE_SCRAPING_BROWSER_SANDBOX": "false"} if os.geteuid() == 0 else {}),
    }
