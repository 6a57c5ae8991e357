"""Images of buildah's store, by the names that `k8s/images/build` gives them."""

import json
import shutil
import subprocess
from typing import Any

from tests.support import ROOT

BASE = "docker.io/library/python:3.13-slim-trixie"


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


def image_name(component: str, *options: str) -> str:
    return run("k8s/images/build", "--tag", *options, component)


def inspect(image: str) -> dict[str, Any] | None:
    """What buildah knows of an image; None where there is none."""
    if shutil.which("buildah") is None:
        return None
    done = subprocess.run(["buildah", "inspect", "--type", "image", image], capture_output=True, text=True, check=False)
    return None if done.returncode else dict(json.loads(done.stdout))


def added_bytes(image: dict[str, Any], base: dict[str, Any]) -> int:
    """Size of the layers on top of the base image."""

    def layers(of: dict[str, Any]) -> list[int]:
        return [layer["size"] for layer in json.loads(of["Manifest"])["layers"]]

    return sum(layers(image)) - sum(layers(base))
