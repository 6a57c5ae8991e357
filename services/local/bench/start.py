"""How long `make run` takes to its ready line and to its end, and what it installs.

Usage: python services/local/bench/start.py [--again 5] [--cold-cache]

Clones this repository's last commit into a temporary folder, starts it there once from nothing and then again, on the
usual ports, which must be free. With --cold-cache the package installers start with an empty cache.
"""

import argparse
import os
import platform
import signal
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", type=int, default=5, help="starts after the first")
    parser.add_argument("--cold-cache", action="store_true")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "opine"
        subprocess.run(["git", "clone", "--quiet", REPOSITORY, checkout], check=True)
        caches = {"UV_CACHE_DIR": f"{folder}/uv", "PIP_CACHE_DIR": f"{folder}/pip"} if options.cold_cache else {}
        report("fresh clone", *start(checkout, caches))
        for number in range(options.again):
            report(f"again {number + 1}", *start(checkout, caches))
        for part in (".venv", ".local"):
            print(f"{part}: {megabytes(checkout / part)} MB")


def start(checkout: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the ready line, and from Ctrl-C to the end."""
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=checkout,
        env=os.environ | environment,  # noqa: TID251  passed on to make
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "Opine is ready" in line:
            break
    else:
        raise SystemExit("".join(said))
    ready = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    return ready - begun, time.monotonic() - ready


def report(what: str, ready_s: float, stopped_s: float) -> None:
    print(f"{what}: ready after {ready_s:.1f} s, stopped after {stopped_s:.1f} s")


def megabytes(folder: Path) -> int:
    return int(subprocess.run(["du", "-sm", folder], capture_output=True, text=True, check=True).stdout.split()[0])


if __name__ == "__main__":
    main()
