"""Services that follow one plan follow it at one moment, however they ask."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from opine_sentiment.releases.follower import FOLLOWED_AFTER_POLLS, ReleaseFollower
from opine_sentiment.releases.registry import Plan, RegistryError
from opine_sentiment.releases.serving import ServedVersions, Serving, Version
from opine_sentiment.schemas import Model
from opine_sentiment.settings import Settings

from tests.support import ROOT
from tests.support.virtual_time import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LIVE, CANDIDATE = (Version(cast("Any", None), Model(name="m", version=v, digest=v * 64)) for v in "ab")
RUNNING: set[asyncio.Task[None]] = set()
POLL_S = 5.0
FOLLOWED_AFTER_S = FOLLOWED_AFTER_POLLS * POLL_S
SETTINGS = Settings(registry_poll_s=POLL_S)


class Plans:
    """What was decided, and when."""

    def __init__(self, *, tells_age: bool = True) -> None:
        self.decided: list[tuple[float, dict[str, Any]]] = []
        self.away = False
        self.tells_age = tells_age

    def decide(self, weight: int, live: Version = LIVE, candidate: Version | None = CANDIDATE) -> float:
        plan = {
            "revision": len(self.decided) + 1,
            "live": {"digest": live.model.digest},
            "candidate": candidate and {"digest": candidate.model.digest},
            "release": candidate and 1,
            "weight": weight,
        }
        now = asyncio.get_running_loop().time()
        self.decided.append((now, plan))
        return now


class Asker:
    """One service's registry client."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._revision = 0

    async def new_plan(self) -> Plan | None:
        if self._plans.away:
            raise RegistryError("away")
        at, plan = self._plans.decided[-1]
        if plan["revision"] == self._revision:
            return None
        self._revision = plan["revision"]
        age = {"age_s": asyncio.get_running_loop().time() - at} if self._plans.tells_age else {}
        return Plan.model_validate({**plan, **age})

    def forget_plan(self) -> None:
        self._revision = 0


class NoCache:
    def keep(self, live: str, others: set[str]) -> None: ...


class Runner:
    engine = None


class Recorded(ServedVersions):
    """Notes when what sessions are answered by changes."""

    def __init__(self) -> None:
        super().__init__(LIVE, "registry", "onnx", "fp32")
        self.serving = Serving(LIVE, CANDIDATE)
        self.changes: list[tuple[float, int]] = []

    def put_in_force(self, serving: Serving, revision: int, source: Any) -> None:  # noqa: ANN401  a literal of theirs
        if serving.shown != self.serving.shown:
            self.changes.append((asyncio.get_running_loop().time(), revision))
        self.serving, self.revision, self.source = serving, revision, source

    def tell(self) -> None: ...


def follower(plans: Plans) -> tuple[ReleaseFollower, Recorded]:
    versions = Recorded()
    parts = cast("Any", (SETTINGS, Asker(plans), NoCache(), versions, Runner()))
    return ReleaseFollower(*parts), versions


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario()
        while RUNNING:
            RUNNING.pop().cancel()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()


async def start(plans: Plans, phases: list[float]) -> list[Recorded]:
    """Services that ask at different moments."""
    found = []
    for phase in phases:
        await asyncio.sleep(phase)
        one, versions = follower(plans)
        await one.step()
        RUNNING.add(asyncio.create_task(one.run()))
        found.append(versions)
    return found


PHASES = [0.0, 1.3, 1.9, 1.7]


def test_a_step_is_in_force_everywhere_at_one_moment() -> None:
    async def scenario() -> None:
        plans = Plans()
        plans.decide(0)
        services = await start(plans, PHASES)
        await asyncio.sleep(60)
        steps = []
        for weight in (10, 50):
            steps.append(plans.decide(weight))
            await asyncio.sleep(61.7)
        steps.append(plans.decide(0, live=CANDIDATE, candidate=None))
        await asyncio.sleep(60)
        for service in services:
            moments = [at for at, _ in service.changes]
            assert moments == pytest.approx([step + FOLLOWED_AFTER_S for step in steps], abs=0.001)

    play(scenario)


def test_without_an_age_each_follows_at_once() -> None:
    """As with an older reviews API: this is what the moment is for."""

    async def scenario() -> None:
        plans = Plans(tells_age=False)
        plans.decide(0)
        services = await start(plans, PHASES)
        plans.decide(10)
        await asyncio.sleep(60)
        assert len({at for service in services for at, _ in service.changes}) == len(PHASES)

    play(scenario)


def test_what_is_decided_while_a_step_waits_has_its_own_moment() -> None:
    async def scenario() -> None:
        plans = Plans()
        plans.decide(0)
        services = await start(plans, PHASES)
        await asyncio.sleep(60)
        first = plans.decide(10)
        await asyncio.sleep(POLL_S + 0.1)
        second = plans.decide(0, candidate=None)
        await asyncio.sleep(60)
        for service in services:
            moments = [at for at, _ in service.changes]
            assert moments == pytest.approx([first + FOLLOWED_AFTER_S, second + FOLLOWED_AFTER_S], abs=0.001)

    play(scenario)


def test_a_shadow_waits_for_nothing_and_who_comes_late_follows_at_once() -> None:
    async def scenario() -> None:
        plans = Plans()
        plans.decide(0)
        (service,) = await start(plans, [0.0])
        await asyncio.sleep(0.5)
        plans.decide(0)
        await asyncio.sleep(POLL_S)
        assert (service.revision, service.changes) == (2, [])
        plans.away = True
        decided_at = plans.decide(10)
        await asyncio.sleep(100)
        plans.away = False
        await asyncio.sleep(POLL_S)
        assert service.revision == 3
        assert service.changes[0][0] - decided_at > 100 - 2 * POLL_S

    play(scenario)


def test_a_candidate_that_fails_while_its_step_waits_is_seen_by_nobody() -> None:
    async def scenario() -> None:
        plans = Plans()
        plans.decide(0)
        (service,) = await start(plans, [0.0])
        await asyncio.sleep(60)
        plans.decide(10)
        await asyncio.sleep(POLL_S + 1)
        service.refuse(CANDIDATE.model.digest, "failed", "at a text")
        await asyncio.sleep(60)
        assert (service.serving.candidate, service.serving.weight, service.changes) == (None, 0, [])

    play(scenario)


def test_a_start_that_did_not_wait_for_its_plan_follows_it_later() -> None:
    async def scenario() -> None:
        plans = Plans()
        plans.decide(50)
        one, versions = follower(plans)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await one.step()
        assert versions.changes == []
        running = asyncio.create_task(one.run())
        await asyncio.sleep(60)
        running.cancel()
        ((moment, _),) = versions.changes
        assert moment == pytest.approx(FOLLOWED_AFTER_S, abs=0.001)

    play(scenario)


def test_the_docs_say_when() -> None:
    seconds = FOLLOWED_AFTER_POLLS * Settings.model_fields["registry_poll_s"].default
    assert f"A step is in force {seconds} s after it was decided" in (ROOT / "docs/releases.md").read_text()
