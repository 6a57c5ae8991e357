"""Follows the release plan: fetches what it names, loads it beside what answers, and swaps when it is proven."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charcnn.artefact import ArtefactError
from charcnn.devices import DeviceError

from opine_sentiment.engine import load
from opine_sentiment.metrics import REGISTRY_FAILURES
from opine_sentiment.releases.proof import ProofError, prove
from opine_sentiment.releases.registry import ArtefactCache, Registry, RegistryError
from opine_sentiment.releases.serving import Serving, Version, version_of

if TYPE_CHECKING:
    from opine_sentiment.engine import EngineRunner
    from opine_sentiment.releases.registry import Plan
    from opine_sentiment.releases.serving import RefusalKind, ServedVersions
    from opine_sentiment.settings import Settings

logger = logging.getLogger("opine.sentiment")

# How long after its decision a plan is in force, in pauses between two looks. By then all services have asked, and all
# follow it at one moment: a session that is answered by two of them does not see versions change to and fro.
FOLLOWED_AFTER_POLLS = 1.5


@dataclass
class ReleaseFollower:
    """Asks the registry every few seconds. While it is away, everything goes on as it is."""

    settings: Settings
    registry: Registry
    cache: ArtefactCache
    versions: ServedVersions
    runner: EngineRunner
    away: bool = False

    async def run(self) -> None:
        """Until it is cancelled."""
        asked_at = _now()
        while True:
            # From question to question, for a plan may have waited to be in force, and another been decided meanwhile.
            await asyncio.sleep(asked_at + self.settings.registry_poll_s - _now())
            asked_at = _now()
            await self.step()

    async def step(self) -> None:
        """Ask once, and follow a plan that is new."""
        asked_at = _now()
        try:
            plan = await self.registry.new_plan()
            if plan is not None:
                await self.follow(plan, asked_at)
        except asyncio.CancelledError:
            self.registry.forget_plan()  # a start does not wait for ever; it is followed later
            raise
        except RegistryError as error:
            # Whatever did not come is asked for again.
            self.registry.forget_plan()
            REGISTRY_FAILURES.inc()
            if not self.away:
                logger.warning("the release plan cannot be followed, what is loaded goes on: %s", error)
            self.away = True
        except Exception:
            self.registry.forget_plan()
            REGISTRY_FAILURES.inc()
            logger.exception("the release plan cannot be followed, what is loaded goes on")
        else:
            self.away = False

    async def follow(self, plan: Plan, asked_at: float) -> None:
        """Put the plan in force, at the moment at which all services do.

        A version that is refused is left out: the live one that answers stays, and nobody sees the candidate.

        Raises:
            RegistryError: an artefact was not to be had; what was there is in force all the same.
        """
        versions = self.versions
        named = {one.digest for one in (plan.live, plan.candidate) if one is not None}
        versions.refused = {digest: refusal for digest, refusal in versions.refused.items() if digest in named}
        missing: RegistryError | None = None
        before = versions.serving
        live, candidate = before.live, None
        try:
            if plan.live is not None:
                live = await self._loaded(plan.live.digest) or before.live
            if plan.candidate is not None:
                candidate = await self._loaded(plan.candidate.digest)
        except RegistryError as error:
            missing = error
        serving = _serving(plan, live, candidate)
        if plan.age_s is not None and serving.shown != before.shown:
            in_force_at = asked_at - plan.age_s + FOLLOWED_AFTER_POLLS * self.settings.registry_poll_s
            await asyncio.sleep(in_force_at - _now())
        if candidate is not None and candidate.model.digest in versions.refused:  # meanwhile
            serving = _serving(plan, live, None)
        as_planned = plan.live is not None and live.model.digest == plan.live.digest
        versions.put_in_force(serving, plan.revision, "registry" if as_planned else versions.source)
        self.runner.engine = live.engine
        loaded = {version.model.digest for version in (live, serving.candidate) if version is not None}
        await asyncio.to_thread(self.cache.keep, live.model.digest, loaded | named)
        logger.info(
            "release plan in force",
            extra={
                "revision": plan.revision,
                "model_version": live.model.version,
                "model_digest": live.model.digest,
                "candidate_digest": serving.candidate and serving.candidate.model.digest,
                "weight": serving.weight,
            },
        )
        if missing is not None:
            raise missing

    async def _loaded(self, digest: str) -> Version | None:
        """The version, loaded and proven; None if it is refused."""
        for version in (self.versions.serving.live, self.versions.serving.candidate):
            if version is not None and version.model.digest == digest:
                return version
        if digest in self.versions.refused:
            return None
        kind: RefusalKind
        try:
            folder = await self.cache.get(digest, self.registry)
            if self.settings.engine == "torch":  # a GPU is used by one thread at a time
                engine = await self.runner.run(lambda: load(self.settings, folder, digest))
            else:
                engine = await asyncio.to_thread(load, self.settings, folder, digest)
            await prove(engine, self.versions.serving.live.engine, self.runner.run)
        except (ArtefactError, DeviceError) as error:
            kind, reason = "artefact", str(error)
        except ProofError as error:
            kind, reason = error.kind, str(error)
        else:
            return version_of(engine)
        self.versions.refuse(digest, kind, reason)
        return None


def _serving(plan: Plan, live: Version, candidate: Version | None) -> Serving:
    return Serving(live, candidate, plan.release, plan.weight if candidate else 0)


def _now() -> float:
    return asyncio.get_running_loop().time()
