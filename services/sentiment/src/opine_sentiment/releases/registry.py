"""The registry behind the reviews API, and the artefacts that were fetched from it, by digest, in a folder."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from http import HTTPStatus
from typing import TYPE_CHECKING

from charcnn.archive import unpack
from charcnn.artefact import ArtefactError, read_manifest
from opine_common.files import write_atomically
from opine_common.prediction import Digest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import httpx

_TIMEOUT_S = 10.0
_MOST_BYTES = 256 * 1024**2
_LAST_LIVE = "last-live"


class RegistryError(Exception):
    """The registry did not answer, or not what the contract says."""


class _Named(BaseModel):
    digest: Digest


class Plan(BaseModel):
    """`GET /api/v1/release-plan`, as far as it concerns this service."""

    revision: int
    live: _Named | None
    candidate: _Named | None
    release: int | None
    weight: int = Field(ge=0, le=100)
    age_s: float | None = None
    """Since it was decided, by the registry's clock, when it was asked for."""


class Registry:
    """Asks one reviews API."""

    def __init__(self, base_url: str) -> None:
        import httpx  # noqa: PLC0415  only who follows a registry needs it

        self._http = httpx.AsyncClient(base_url=f"{base_url.rstrip('/')}/api/v1", timeout=_TIMEOUT_S)
        self._failed = httpx.HTTPError
        self._etag = ""

    async def new_plan(self) -> Plan | None:
        """The plan, or None if it is still the one of the call before.

        Raises:
            RegistryError: there is no plan to be had.
        """
        try:
            answer = await self._http.get("/release-plan", headers={"If-None-Match": self._etag})
        except self._failed as error:
            raise RegistryError(f"the registry does not answer: {error!r}") from error
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise RegistryError(f"the registry answers the release plan with status {answer.status_code}")
        try:
            plan = Plan.model_validate_json(answer.content)
        except ValidationError as error:
            raise RegistryError(f"the registry's release plan is not the contract's: {error}") from error
        self._etag = answer.headers.get("ETag", "")
        return plan

    def forget_plan(self) -> None:
        """Give the plan out again, because it could not be followed."""
        self._etag = ""

    async def fetch(self, digest: str, file: BinaryIO) -> None:
        """Write a version's packed artefact.

        Raises:
            RegistryError: it was not to be had whole.
        """
        try:
            async with self._http.stream("GET", f"/models/{digest}/artefact") as answer:
                await _write(answer, file)
        except self._failed as error:
            raise RegistryError(f"the artefact {digest} did not come: {error!r}") from error

    async def close(self) -> None:
        await self._http.aclose()


async def _write(answer: httpx.Response, file: BinaryIO) -> None:
    if answer.status_code != HTTPStatus.OK:
        raise RegistryError(f"the registry answers an artefact with status {answer.status_code}")
    size = 0
    async for chunk in answer.aiter_bytes():
        size += len(chunk)
        if size > _MOST_BYTES:
            raise RegistryError(f"the registry sends an artefact of more than {_MOST_BYTES} bytes")
        file.write(chunk)


class ArtefactCache:
    """Fetched artefacts, a folder each with its digest for a name. What is in them is checked at every load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, digest: str, registry: Registry) -> Path:
        """The artefact's folder; fetched if it is not here yet, or is damaged.

        Raises:
            RegistryError: it was not to be had.
            charcnn.artefact.ArtefactError: what came is no artefact of this digest.
        """
        folder = self._folder / digest
        if await asyncio.to_thread(_is_whole, folder, digest):
            return folder
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="fetching-") as scratch:
            unpacked = folder.parent / scratch / "artefact"
            with tempfile.TemporaryFile(dir=scratch) as packed:
                await registry.fetch(digest, packed)
                packed.seek(0)
                await asyncio.to_thread(unpack, packed, unpacked, max_bytes=_MOST_BYTES, digest=digest)
            shutil.rmtree(folder, ignore_errors=True)
            unpacked.rename(folder)
        return folder

    def last_live(self) -> tuple[Path, str] | None:
        """Folder and digest of the version that was live last, if it is here and whole."""
        try:
            digest = TypeAdapter[str](Digest).validate_python((self._folder / _LAST_LIVE).read_text())
        except (OSError, ValidationError):
            return None
        folder = self._folder / digest
        return (folder, digest) if _is_whole(folder, digest) else None

    def keep(self, live: str, others: set[str]) -> None:
        """Remember who is live, and remove what nobody needs any more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / _LAST_LIVE, live)
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in {live, *others} and not folder.name.startswith("fetching-"):
                shutil.rmtree(folder, ignore_errors=True)


def _is_whole(folder: Path, digest: str) -> bool:
    try:
        read_manifest(folder, digest)
    except ArtefactError:
        return False
    return True
