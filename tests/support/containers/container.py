"""A container with nothing a pod under restricted Pod Security lacks: runc on an image that buildah mounts."""

import json
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.support.containers.store import run

_NAMESPACES = ("pid", "mount", "ipc", "uts", "network")
_TMPFS = {"type": "tmpfs", "source": "tmpfs"}
_MOUNTS: list[dict[str, Any]] = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", **_TMPFS, "options": ["nosuid", "mode=755", "size=65536k"]},
    {"destination": "/dev/shm", **_TMPFS, "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},  # noqa: S108  the container's
    {"destination": "/tmp", **_TMPFS, "options": ["nosuid", "nodev", "mode=1777", "size=256m"]},  # noqa: S108  the container's
]


class Container:
    """Runs an image's own command, read-only, without capabilities, in a network of its own."""

    def __init__(self, image: str, config: Mapping[str, Any], folder: Path) -> None:
        self._id = f"opine-test-{uuid.uuid4().hex[:8]}"
        self._working = run("buildah", "from", image)
        self._log = folder / "output.txt"
        self._folder = folder
        self._environment = list(config["Env"])
        self._entrypoint = list(config.get("Entrypoint") or [])
        self._default = list(config.get("Cmd") or [])
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        environment: Mapping[str, str],
        arguments: Sequence[str] = (),
        *,
        command: Sequence[str] | None = None,
        folders: Mapping[str, Path] | None = None,
    ) -> Self:
        """Run the image's entrypoint with arguments, or another command; `folders` are mounted, to be read."""
        mounted = run("buildah", "mount", self._working)
        self._environment += [f"{name}={value}" for name, value in environment.items()]
        specification = {
            "ociVersion": "1.0.2",
            "root": {"path": mounted, "readonly": True},
            "process": self._process_of(command or [*self._entrypoint, *(arguments or self._default)]),
            "mounts": _MOUNTS
            + [
                {
                    "destination": inside,
                    "type": "bind",
                    "source": str(folder),
                    "options": ["bind", "ro", "nosuid", "nodev"],
                }
                for inside, folder in (folders or {}).items()
            ],
            "linux": {"namespaces": [{"type": name} for name in _NAMESPACES]},
        }
        (self._folder / "config.json").write_text(json.dumps(specification))
        with self._log.open("wb") as log:
            command = ["/usr/sbin/runc", "run", "--bundle", str(self._folder), self._id]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        while self._process.poll() is None and not self._is_there():
            time.sleep(0.05)
        return self

    def _is_there(self) -> bool:
        state = ["/usr/sbin/runc", "state", self._id]
        return subprocess.run(state, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode == 0

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code by the image's interpreter, inside."""
        return self.run("python", "-c", code)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        file = self._folder / f"process-{uuid.uuid4().hex[:8]}.json"
        file.write_text(json.dumps(self._process_of(command)))
        execute = ["/usr/sbin/runc", "exec", "--process", str(file), self._id]
        return subprocess.run(execute, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def until_answers(self, url: str, status: int = 200, seconds: float = 60) -> str:
        code = (
            "import sys, urllib.error, urllib.request\n"
            f"try:\n    answer = urllib.request.urlopen('{url}', timeout=5)\n"
            "except urllib.error.HTTPError as error:\n    answer = error\n"
            f"sys.stdout.write(answer.read().decode()); sys.exit(answer.status != {status})"
        )
        ends_at = time.monotonic() + seconds
        while True:
            done = self.python(code)
            if done.returncode == 0:
                return done.stdout
            assert time.monotonic() < ends_at, f"{url}: {done.stdout}{done.stderr}\n{self.output}"
            time.sleep(0.5)

    def until_ended(self) -> int:
        """Its exit status."""
        assert self._process is not None
        return self._process.wait(timeout=60)

    def stop(self) -> int:
        """End it as Kubernetes does; its exit status."""
        assert self._process is not None
        run("/usr/sbin/runc", "kill", self._id, "TERM")
        return self._process.wait(timeout=60)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            subprocess.run(["/usr/sbin/runc", "kill", self._id, "KILL"], capture_output=True, check=False)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=20)
        subprocess.run(["/usr/sbin/runc", "delete", "--force", self._id], capture_output=True, check=False)
        run("buildah", "rm", self._working)

    def _process_of(self, command: Sequence[str]) -> dict[str, Any]:
        return {
            "user": {"uid": 10001, "gid": 10001},
            "args": list(command),
            "env": self._environment,
            "cwd": "/tmp",  # noqa: S108  the container's
            "noNewPrivileges": True,
            "capabilities": {name: [] for name in ("bounding", "effective", "inheritable", "permitted")},
        }
