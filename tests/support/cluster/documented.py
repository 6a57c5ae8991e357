"""Commands as the documentation has them, run as a person would: the text is what is tested."""

import re
from pathlib import Path

from tests.support import ROOT
from tests.support.cluster.commands import run
from tests.support.cluster.release import Release

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def block(file: str, containing: str) -> str:
    """The one block of commands in a file that has these words."""
    (found,) = blocks_in((ROOT / file).read_text(), containing)
    return found


def blocks_in(document: str, containing: str) -> list[str]:
    return [text for text in _BLOCK.findall(document) if containing in text]


def follow(release: Release, commands: str, folder: Path, timeout: float = 600) -> str:
    """Run the commands in the release's namespace, also where they name the one that the documentation installs to."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(Path(release.env["KUBECONFIG"]).read_text())
    env = {**release.env, "KUBECONFIG": str(kubeconfig)}
    run("kubectl", "config", "set-context", "--current", f"--namespace={release.namespace}", env=env)
    named = re.sub(r"(-n|--namespace|namespace) opine\b", rf"\1 {release.namespace}", commands)
    return run("bash", "-euo", "pipefail", "-c", named, env=env, timeout=timeout)
