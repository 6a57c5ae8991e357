"""Trainings as processes of this machine: what `make run` does."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from opine_learning.settings import Settings
from opine_learning.trainings import LauncherError, State

_NEEDED = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('torch', 'opine_training'))))"
_DECIDED = {0, 3}  # registered, refused
_STOPPED_S = 10.0
_TOLD = 200


class TrainingProcesses:
    """At a low priority, since people wait for the services beside them.

    Args:
        settings: which Python, which database, where runs lie.
    """

    def __init__(self, settings: Settings) -> None:
        self._python = settings.training_python or sys.executable
        self._arguments = shlex.split(settings.training_arguments)
        self._folder: Path = settings.training_dir
        self._registry = str(settings.reviews_url)
        url = urlsplit(settings.training_database_url.get_secret_value())
        # Everybody may read the arguments of a process, nobody its environment.
        self._database = url._replace(netloc=url.netloc.replace(f":{url.password}@", "@")).geturl()
        inherited = dict(os.environ)  # noqa: TID251  passed on whole, not read
        self._environment = inherited | {
            "PGPASSWORD": url.password or "",
            "OPINE_TRAINING_REGISTRY_TOKEN": settings.registry_token.get_secret_value(),
        }
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def obstacle(self) -> str | None:
        try:
            found = subprocess.run([self._python, "-c", _NEEDED], check=False, env=self._environment)  # noqa: S603  ours
        except OSError as error:
            return f"{self._python} cannot be run ({error.strerror}); see OPINE_LEARNING_TRAINING_PYTHON"
        if found.returncode:
            return f"{self._python} has no PyTorch and opine-training; see OPINE_LEARNING_TRAINING_PYTHON"
        return None

    def start(self, run: int) -> None:
        if self.state(run).kind == "running":
            return
        folder = self._run_folder(run)
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            *("nice", "-n", "10", self._python, "-m", "opine_training", "cycle"),
            *("--database-url", self._database, "--registry", self._registry),
            *("--run", str(folder), "--training-run", str(run)),
            *self._arguments,
        ]
        try:
            with self._output(run).open("wb") as output:
                self._running[run] = subprocess.Popen(  # noqa: S603  ours
                    command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
                )
        except OSError as error:
            raise LauncherError(f"the training cannot be started ({error})") from error

    def state(self, run: int) -> State:
        process = self._running.get(run)
        if process is None:
            return State("missing")
        status = process.poll()
        if status is None:
            return State("running")
        if status in _DECIDED:
            return State("ended")
        return State("failed", f"it ended with status {status}: {self._last_line(run)}")

    def stop(self, run: int) -> None:
        process = self._running.pop(run, None)
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOPPED_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End all; each goes on where it was when it is started again."""
        for run in list(self._running):
            self.stop(run)

    def _run_folder(self, run: int) -> Path:
        return self._folder / f"training-{run}"

    def _output(self, run: int) -> Path:
        return self._run_folder(run) / "output.txt"

    def _last_line(self, run: int) -> str:
        lines = self._output(run).read_text(errors="replace").splitlines()
        return lines[-1][-_TOLD:] if lines else "it said nothing"
