"""The registry of a release on a cluster, by `opine-models` and its routes."""

import base64
import json
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.support.cluster.commands import run
from tests.support.cluster.release import NAME, Release

_PATIENCE_S = 120
OPINE_MODELS = str(Path(sys.executable).with_name("opine-models"))


class Registry:
    def __init__(self, release: Release) -> None:
        self.url = release.address("reviews")
        self.token = base64.b64decode(release.get("secret", f"{NAME}-secrets")["data"]["registry-token"]).decode()
        self._env = {**release.env, "OPINE_MODELS_REVIEWS_URL": self.url, "OPINE_MODELS_TOKEN": self.token}

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        """Asked again while the API is away or has too much to do: who only watches may wait."""
        ends_at = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with urlopen(f"{self.url}/api/v1{path}", timeout=20) as answer:  # noqa: S310  our own address
                    return json.load(answer)
            except (HTTPError, OSError) as error:
                refused = isinstance(error, HTTPError) and error.code != HTTPStatus.SERVICE_UNAVAILABLE
                if refused or time.monotonic() > ends_at:
                    raise
                time.sleep(1)

    @property
    def plan(self) -> Any:  # noqa: ANN401  JSON
        return self.get("/release-plan")

    def register(self, folder: Path) -> str:
        """The version's digest."""
        shown = run(OPINE_MODELS, "register", str(folder), env=self._env).split()[0]
        (digest,) = [item["digest"] for item in self.get("/models")["items"] if item["digest"].startswith(shown)]
        return str(digest)

    def start(self, digest: str) -> int:
        """The release's number."""
        run(OPINE_MODELS, "release", digest, env=self._env)
        release: int = self.plan["release"]
        return release

    def roll_back(self) -> None:
        run(OPINE_MODELS, "rollback", env=self._env)

    def events(self, release: int) -> list[Any]:
        """Of a release, first to last."""
        items: list[Any] = self.get(f"/release-events?release={release}&limit=100")["items"]
        return items[::-1]
