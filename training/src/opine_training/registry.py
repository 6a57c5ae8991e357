"""The registry of model versions behind the reviews API: where a fine-tuning begins and where its result goes."""

from __future__ import annotations

import io
import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from charcnn.archive import MEDIA_TYPE, pack, unpack
from charcnn.artefact import read_manifest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from opine_training import InputError

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)
_TIMEOUT = urllib3.Timeout(connect=3.0, read=60.0)
# Nothing is lost by asking again: an artefact that is registered twice is one version.
_RETRIES = urllib3.Retry(5, backoff_factor=0.5, status_forcelist=[429, 502, 503, 504], allowed_methods=None,
                         raise_on_status=False)  # fmt: skip
_FIRST_ERROR = 400
_MOST_BYTES = 64 << 20  # of an artefact, eight times the shipped one
ACTOR = "training"


class Settings(BaseSettings):
    """What the environment decides of this package. Names carry the prefix `OPINE_TRAINING_`."""

    model_config = SettingsConfigDict(env_prefix="OPINE_TRAINING_", hide_input_in_errors=True)

    registry_token: SecretStr = Field(default=SecretStr(""), description="registry token of the reviews API")


class RegistryError(InputError):
    """The registry did not do what it was asked; the message says why."""


class ConflictError(RegistryError):
    """Somebody was there before."""


class Registry:
    """The routes that training needs.

    Args:
        url: of the reviews API.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1"
        self._headers = {"Authorization": f"Bearer {Settings().registry_token.get_secret_value()}"}

    def live(self) -> str:
        """The digest of the live version.

        Raises:
            RegistryError: there is none, or no answer.
        """
        plan = json.loads(self._ask("GET", "/release-plan"))
        if plan["live"] is None:
            raise RegistryError(f"{self._url} has no live version yet: register and pin one, or let the judge do it")
        return str(plan["live"]["digest"])

    def fetch(self, digest: str, folder: Path) -> None:
        """Write the artefact of a version into a new folder.

        Raises:
            RegistryError: there is no such version.
            ArtefactError: what came is not it.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        unpack(io.BytesIO(self._ask("GET", f"/models/{digest}/artefact")), folder, max_bytes=_MOST_BYTES, digest=digest)

    def register(self, folder: Path, *, parent: str, training_run: str) -> str:
        """The digest of the artefact, once it is registered.

        Raises:
            RegistryError: it is refused.
        """
        query = {"parent": parent, "training_run": training_run, "actor": ACTOR}
        sent: dict[str, Any] = {"body": pack(folder), "headers": {"Content-Type": MEDIA_TYPE}}
        try:
            return str(json.loads(self._ask("POST", "/models", query, **sent))["digest"])
        except ConflictError:
            # A first try whose folder is lost has measured other times, and registered.
            manifest = read_manifest(folder)
            for version in json.loads(self._ask("GET", "/models", {"limit": "100"}))["items"]:
                named = (version["name"], version["version"], version["training_run"])
                if named == (manifest.name, manifest.version, training_run):
                    return str(version["digest"])
            raise

    def end_training(self, run: int, *, outcome: str, version: str | None, evidence: dict[str, Any]) -> None:
        """Tell how a training ended that the learning service has started; one that has ended stays as it is.

        Raises:
            RegistryError: there is no such training.
        """
        body = {"outcome": outcome, "version": version, "evidence": evidence}
        try:
            self._ask("POST", f"/training-runs/{run}/end", json=body)
        except ConflictError as error:
            logger.warning("the training has ended already: %s", error)

    def _ask(
        self, method: str, path: str, query: dict[str, str] | None = None, *, headers: dict[str, str] | None = None,
        **sent: Any,  # noqa: ANN401  body or json
    ) -> bytes:  # fmt: skip
        url = f"{self._url}{path}{'?' + urlencode(query) if query else ''}"
        try:
            answer = urllib3.request(
                method, url, headers={**self._headers, **(headers or {})}, timeout=_TIMEOUT, retries=_RETRIES, **sent
            )
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError(f"{self._url} does not answer ({error}); --registry says where it is") from error
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise RegistryError(
                f"{self._url} does not accept the token: set OPINE_TRAINING_REGISTRY_TOKEN to its registry token"
            )
        if answer.status == HTTPStatus.CONFLICT:
            raise ConflictError(_detail(answer))
        if answer.status >= _FIRST_ERROR:
            raise RegistryError(f"{self._url} refuses {method} {path}: {_detail(answer)}")
        return answer.data


def _detail(answer: urllib3.BaseHTTPResponse) -> str:
    """What its problem details say (RFC 9457)."""
    try:
        return str(json.loads(answer.data)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status}"
