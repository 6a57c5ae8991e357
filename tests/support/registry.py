"""The reviews API with its registry on a port of its own, and versions made of the shipped model."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import httpx
from charcnn.archive import pack
from opine_reviews.app import create_app
from werkzeug.serving import make_server

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from opine_reviews.settings import Settings

SHIPPED = ROOT / "services/sentiment/model"
TOKEN = "a registry token of these tests"


class Api:
    """The reviews API with its own PostgreSQL, and a port that can be closed and opened again."""

    def __init__(self, settings: Settings) -> None:
        self._app = create_app(settings)
        self.database_url = str(settings.database_url)
        self.port = 0
        self.open()
        self._http = httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self._app, threaded=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def register(self, folder: Path) -> str:
        made = self._http.post(
            f"{self.url}/api/v1/models", content=pack(folder), headers={"Content-Type": "application/x-tar"}
        )
        assert made.status_code in {200, 201}, made.text
        return str(made.json()["digest"])

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        return self._http.get(f"{self.url}/api/v1/{path}").json()

    @property
    def plan(self) -> Any:  # noqa: ANN401  JSON
        return self.get("release-plan")

    def decide(self, path: str, **fields: object) -> Any:  # noqa: ANN401  JSON
        """Take a step from the present plan; `{release}` in the path is the open one."""
        plan = self.plan
        answer = self._http.post(
            f"{self.url}/api/v1/{path.format(**plan)}", json={"revision": plan["revision"], **fields}
        )
        assert answer.status_code < 300, answer.text
        return answer.json()


def version(folder: Path, number: str, **calibration: object) -> Path:
    """The shipped model under another version, with another calibration."""
    shutil.copytree(SHIPPED, folder / number)
    file = folder / number / "model.json"
    manifest = json.loads(file.read_text())
    manifest["version"] = number
    manifest["calibration"] |= calibration
    file.write_text(json.dumps(manifest))
    return folder / number
