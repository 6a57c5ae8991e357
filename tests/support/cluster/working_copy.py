"""A copy of this repository, for what changes its files."""

import shutil
from pathlib import Path

from tests.support import ROOT
from tests.support.cluster.commands import run


def copy_of_repository(folder: Path) -> Path:
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", env={}).split()
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    # The same programs, and the history by which layers are dated.
    (folder / ".venv-test").symlink_to(ROOT / ".venv-test")
    (folder / ".git").symlink_to(ROOT / ".git")
    return folder
