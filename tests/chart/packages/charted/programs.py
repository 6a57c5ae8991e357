"""Helm and kubeconform: from PATH, or from the cluster beside this repository."""

import shutil
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[4]
SHARED = ROOT.parent / "shared"
# Where the cluster beside this repository unpacks its programs.
UNPACKED = Path("/var/cache/opine-cluster/bin")


def find_program(name: str, cache: Path) -> str | None:
    """Its path; `cache` keeps what had to be unpacked. None where it is nowhere."""
    if found := shutil.which(name):
        return found
    for folder in (UNPACKED, cache):
        if (folder / name).exists():
            return str(folder / name)
    archive = SHARED / "cluster/programs.tar.xz"
    if not archive.exists():
        return None
    with tarfile.open(archive) as programs:
        for member in programs:
            # `extract` knows no safe filter before Python 3.11.4.
            if member.name in {"helm", "kubeconform"} and (content := programs.extractfile(member)):
                (cache / member.name).write_bytes(content.read())
                (cache / member.name).chmod(0o755)
    return str(cache / name) if (cache / name).exists() else None
