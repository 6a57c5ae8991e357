"""One run from start to end."""

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from opine_local import leftovers, signals
from opine_local.console import Console
from opine_local.postgres import Cluster
from opine_local.processes import Program, Running, end_all, start
from opine_local.readiness import until, until_ready
from opine_local.refusal import Refusal
from opine_local.services import Service

# Together below five seconds: services, then PostgreSQL, then whatever is left.
_SERVICES_PATIENCE_S = 2.5
_POSTGRES_PATIENCE_S = 1.5


@dataclass(frozen=True)
class Plan:
    cluster: Cluster
    services: list[Service]
    inherited: dict[str, str]
    ready_line: str
    ready_timeout_s: float


@dataclass
class Run:
    plan: Plan
    console: Console
    running: dict[str, Running] = field(default_factory=dict)
    deaths: asyncio.Queue[Running] = field(default_factory=asyncio.Queue)

    async def until_stopped(self) -> None:
        """Start everything and return after a signal, with everything ended.

        Raises:
            Refusal: something could not start or has died.
        """
        stop = asyncio.Event()
        signals.handle(stop.set)
        stopped = asyncio.create_task(stop.wait())
        death = asyncio.create_task(self.deaths.get())
        life = asyncio.create_task(self._live())
        try:
            await asyncio.wait({stopped, death, life}, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                self.console.say("Stopping Opine ...")
            elif death.done():
                raise Refusal(await _obituary(death.result()))
            else:
                life.result()
        finally:
            for task in (life, death, stopped):
                await _cancelled(task)
            await self._end()

    async def _live(self) -> None:
        cluster, services = self.plan.cluster, self.plan.services
        try:
            async with asyncio.timeout(self.plan.ready_timeout_s):
                # Nearly all the time goes into importing Python packages. The model's service takes longest, so on two
                # cores it has one to itself while the others follow one another on the second.
                for service in services:
                    if service.at_once:
                        await self._start(service.program)
                await asyncio.to_thread(cluster.prepare)
                await self._start(cluster.program)
                await until(cluster.is_ready)
                for service in services:
                    if not service.at_once:
                        await self._start(service.program)
                        await until_ready(service.ready_url)
                await asyncio.gather(*(until_ready(service.ready_url) for service in services))
        except TimeoutError:
            raise Refusal(
                f"Opine was not ready within {self.plan.ready_timeout_s:g} s; the lines above say how far it came.",
            ) from None
        self.console.say(self.plan.ready_line)
        await asyncio.Event().wait()

    async def _start(self, program: Program) -> None:
        self.running[program.name] = await start(program, self.console, self.plan.inherited, self.deaths)

    async def _end(self) -> None:
        postgres = self.running.get(self.plan.cluster.program.name)
        await end_all([one for one in self.running.values() if one is not postgres], patience_s=_SERVICES_PATIENCE_S)
        if postgres is not None:
            await end_all([postgres], patience_s=_POSTGRES_PATIENCE_S)
        await asyncio.to_thread(leftovers.kill_marked, self.plan.cluster.home.parent)
        self.plan.cluster.forget_server()
        for one in self.running.values():
            await one.wait()
            one.forget()


async def _obituary(one: Running) -> str:
    status = await one.wait()
    how = f"exit status {status}"
    if status < 0:
        with suppress(ValueError):
            how = f"killed by {signal.Signals(-status).name}"
    said = "Its last lines:" if one.last_lines else "It said nothing."
    lines = [f"{one.program.name} ended ({how}), so Opine stops. {said}", *(f"    {line}" for line in one.last_lines)]
    return "\n".join([*lines, one.program.advice]).strip()


async def _cancelled(task: "asyncio.Task[Any]") -> None:
    # Again until it is over: a cancellation that meets another event can get lost.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
    if not task.cancelled():
        task.exception()  # retrieved, or asyncio would report it
