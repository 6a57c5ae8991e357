"""The versions that are loaded, and which of them answers a request."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from opine_sentiment.metrics import MODEL_INFO, MODEL_SOURCE, REFUSED_VERSIONS, RELEASE_REVISION
from opine_sentiment.schemas import Model

if TYPE_CHECKING:
    from opine_sentiment.engine import TextEngine

logger = logging.getLogger("opine.sentiment")

Role = Literal["live", "canary"]
Source = Literal["registry", "cache", "shipped", "image"]
RefusalKind = Literal["artefact", "self_test", "too_slow", "failed"]

# A session's id comes from outside; one that is no plain token is none.
_SESSION = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BUCKETS = 10_000


class NotLoadedError(Exception):
    """A request names a version that is not loaded here."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a version is not served here."""

    kind: RefusalKind
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A loaded model."""

    engine: TextEngine
    model: Model


def version_of(engine: TextEngine) -> Version:
    return Version(engine, Model(name=engine.name, version=engine.version, digest=engine.digest))


@dataclass(frozen=True, slots=True)
class Serving:
    """What is in force: replaced as a whole, so that a request sees one plan from its begin to its end."""

    live: Version
    candidate: Version | None = None
    release: int | None = None
    weight: int = 0
    """Percent of the sessions that the candidate answers; without any it shadows."""

    @property
    def shadow(self) -> Version | None:
        """The candidate while nobody sees it."""
        return None if self.weight else self.candidate

    @property
    def shown(self) -> tuple[object, ...]:
        """What sessions are answered by; a shadow changes nothing of it."""
        return (self.live, self.candidate, self.release, self.weight) if self.weight else (self.live,)

    def choose(self, session: str | None, digest: str | None = None) -> Version:
        """Who answers.

        Args:
            session: `X-Session-ID`; without one the live version answers.
            digest: `X-Model-Digest`, a version that the request insists on.

        Raises:
            NotLoadedError: there is no such version here.
        """
        if digest is not None:
            return self._find(digest)
        candidate = self.candidate
        if candidate is None or not self.weight or session is None or not _SESSION.fullmatch(session):
            return self.live
        # With the release, so that it is not always the same people who try what is new; a session that sees the
        # candidate at 10 % still does at 50 %.
        hashed = hashlib.sha256(f"{self.release}:{session}".encode()).digest()
        bucket = int.from_bytes(hashed[:8]) % _BUCKETS
        return candidate if bucket * 100 < self.weight * _BUCKETS else self.live

    def role(self, version: Version) -> Role:
        return "canary" if version is self.candidate else "live"

    def _find(self, digest: str) -> Version:
        for version in (self.live, self.candidate):
            if version is not None and version.model.digest == digest:
                return version
        loaded = ", ".join(version.model.digest for version in (self.live, self.candidate) if version is not None)
        raise NotLoadedError(f"no version of this digest is loaded; loaded is {loaded}")


class ServedVersions:
    """The plan in force here, and the versions that could not be served; the status route and the metrics tell both."""

    def __init__(self, live: Version, source: Source, engine: str, precision: str) -> None:
        self._engine, self._precision = engine, precision
        self.serving = Serving(live)
        self.revision = 0
        """Of the release plan; 0 without one."""
        self.source = source
        """Where the live version came from."""
        self.refused: dict[str, Refusal] = {}
        """By digest."""
        self._told: list[tuple[str, ...]] = []

    def put_in_force(self, serving: Serving, revision: int, source: Source) -> None:
        """From the next request on; those that are under way end with the version that they began with."""
        self.serving, self.revision, self.source = serving, revision, source
        self.tell()

    def refuse(self, digest: str, kind: RefusalKind, reason: str) -> None:
        """Do without a version; as a candidate it answers nobody any more."""
        if digest in self.refused:
            return
        self.refused[digest] = Refusal(kind, reason)
        REFUSED_VERSIONS.labels(kind).inc()
        logger.error("a model version is refused", extra={"model_digest": digest, "kind": kind, "reason": reason})
        candidate = self.serving.candidate
        if candidate is not None and candidate.model.digest == digest:
            self.serving = Serving(self.serving.live)
            self.tell()

    def tell(self) -> None:
        """Bring the metrics up to date."""
        RELEASE_REVISION.set(self.revision)
        for source in get_args(Source):
            MODEL_SOURCE.labels(source).set(source == self.source)
        for labels in self._told:
            MODEL_INFO.remove(*labels)
        serving = self.serving
        versions = {"live": serving.live, "canary" if serving.weight else "shadow": serving.candidate}
        self._told = [
            (
                role,
                version.model.name,
                version.model.version,
                version.model.digest,
                self._engine,
                version.engine.device,
                self._precision,
            )
            for role, version in versions.items()
            if version is not None
        ]
        for labels in self._told:
            MODEL_INFO.labels(*labels).set(1)
