"""Programs that the tests drive, and where the cluster is."""

import os
import subprocess
from collections.abc import Mapping

from tests.support import ROOT

CLUSTER = ROOT.parent / "shared/cluster/cluster"


class CommandError(Exception):
    """A program failed; the message has what it printed."""


def environment() -> tuple[dict[str, str], bool]:
    """This process's, with KUBECONFIG, and whether the cluster beside this repository was started for it."""
    inherited = dict(os.environ)  # noqa: TID251  handed on to programs
    if inherited.get("KUBECONFIG"):
        return inherited, False
    if not CLUSTER.exists():
        raise CommandError("set KUBECONFIG to a cluster with CloudNativePG: there is none beside this repository")
    printed = run(str(CLUSTER), "up", env=inherited, timeout=600)
    (exports,) = [line for line in printed.splitlines() if line.startswith("export ")]
    found = dict(part.split("=", 1) for part in exports.removeprefix("export ").split())
    # What runs these tests reads it as well.
    os.environ["KUBECONFIG"] = found["KUBECONFIG"]  # noqa: TID251  the kubernetes client's own way
    path = found["PATH"].replace("$PATH", inherited["PATH"])
    return {**inherited, "KUBECONFIG": found["KUBECONFIG"], "PATH": path}, True


def run(*command: str, env: Mapping[str, str], timeout: float = 300, text_in: str | None = None) -> str:
    """Its standard output.

    Raises:
        CommandError: it failed or took too long.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=dict(env),
            timeout=timeout,
            input=text_in,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(command)} took longer than {timeout} s") from error
    if done.returncode:
        raise CommandError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout
