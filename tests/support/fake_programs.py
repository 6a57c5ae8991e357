"""Programs that only note how they were called, for what starts others: Docker, kind, cosign."""

import os
import shlex
from pathlib import Path


class FakePrograms:
    """A folder of them, ahead of the real ones; what one does beyond noting its arguments is a piece of shell."""

    def __init__(self, folder: Path, hidden: tuple[str, ...] = ()) -> None:
        self.folder = folder / "fakes"
        self.folder.mkdir()
        self._noted = folder / "noted"
        self._noted.touch()
        self._hidden = hidden

    def add(self, name: str, does: str = "") -> None:
        program = self.folder / name
        program.write_text(f'#!/bin/bash\necho "$(basename "$0") ${{*@Q}}" >>{shlex.quote(str(self._noted))}\n{does}\n')
        program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """This process's, where the hidden programs are not found."""
        inherited = dict(os.environ)  # noqa: TID251  handed on to programs
        folders = [
            folder
            for folder in inherited["PATH"].split(os.pathsep)
            if not any((Path(folder) / name).exists() for name in self._hidden)
        ]
        return {**inherited, "PATH": os.pathsep.join([str(self.folder), *folders])}

    @property
    def calls(self) -> list[list[str]]:
        return [shlex.split(line) for line in self._noted.read_text().splitlines()]

    def calls_of(self, *beginning: str) -> list[list[str]]:
        return [call for call in self.calls if call[: len(beginning)] == list(beginning)]
