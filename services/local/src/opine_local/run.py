"""One run from start to end."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

from opine_local import leftovers
from opine_local.console import Console
from opine_local.postgres import Cluster
from opine_local.processes import Program, Running, end_all, first_death, start
from opine_local.readiness import until, until_ready
from opine_local.refusal import Refusal
from opine_local.services import Service

# Together below five seconds: services, then PostgreSQL, then whatever is left.
_SERVICES_PATIENCE_S = 2.5
_POSTGRES_PATIENCE_S = 1.5

# PostgreSQL's own words on start and stop; its errors are shown.
_POSTGRES_NOISE = r"^\S+ \S+ \S+ (LOG|HINT|DETAIL):"


@dataclass(frozen=True)
class Plan:
    cluster: Cluster
    migration: Program
    services: list[Service]
    inherited: dict[str, str]
    ready_line: str
    ready_timeout_s: float


@dataclass
class Run:
    plan: Plan
    console: Console
    running: dict[str, Running] = field(default_factory=dict)

    async def until_stopped(self) -> None:
        """Start everything and return after a signal, with everything ended.

        Raises:
            Refusal: something could not start or has died.
        """
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        stopped = asyncio.create_task(stop.wait())
        work = asyncio.create_task(self._work())
        try:
            await asyncio.wait({stopped, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            else:
                self.console.say("Stopping Opine ...")
        finally:
            await _cancelled(work)
            await _cancelled(stopped)
            await self._end()

    async def _work(self) -> None:
        await asyncio.to_thread(self.plan.cluster.prepare)
        cluster = self.plan.cluster
        postgres = Program(
            "postgres",
            cluster.command(),
            noise=_POSTGRES_NOISE,
            advice=f"If its data are damaged, restore {cluster.home}, or remove it to start afresh.",
            stop_signal=signal.SIGINT,
        )
        for program in (postgres, *(service.program for service in self.plan.services)):
            self.running[program.name] = await start(program, self.console, self.plan.inherited)
        await self._unless_one_dies(self._ready())
        self.console.say(self.plan.ready_line)
        await self._unless_one_dies(asyncio.Event().wait())

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(self.plan.ready_timeout_s):
                await until(self.plan.cluster.is_ready)
                await self._finish(self.plan.migration)
                await asyncio.gather(*(until_ready(service.ready_url) for service in self.plan.services))
        except TimeoutError:
            raise Refusal(
                f"Opine was not ready within {self.plan.ready_timeout_s:g} s; the lines above say how far it came.",
            ) from None

    async def _finish(self, program: Program) -> None:
        """Run a program that ends by itself."""
        one = await start(program, self.console, self.plan.inherited)
        self.running[program.name] = one
        status = await one.wait()
        del self.running[program.name]
        if status:
            raise Refusal(_with_last_lines(f"{program.name} failed (exit status {status}), so Opine stops.", one))

    async def _unless_one_dies(self, goal: Coroutine[object, object, object]) -> None:
        lasting = [self.running["postgres"], *(self.running[service.program.name] for service in self.plan.services)]
        goal_task, death = asyncio.create_task(goal), asyncio.create_task(first_death(lasting))
        try:
            await asyncio.wait({goal_task, death}, return_when=asyncio.FIRST_COMPLETED)
            if death.done():
                dead = death.result()
                status = await dead.wait()
                raise Refusal(_with_last_lines(f"{dead.program.name} ended ({_how(status)}), so Opine stops.", dead))
            goal_task.result()
        finally:
            await _cancelled(goal_task)
            await _cancelled(death)

    async def _end(self) -> None:
        postgres = self.running.pop("postgres", None)
        await end_all(self.running.values(), patience_s=_SERVICES_PATIENCE_S)
        if postgres is not None:
            await end_all([postgres], patience_s=_POSTGRES_PATIENCE_S)
            self.running["postgres"] = postgres
        await asyncio.to_thread(leftovers.kill_marked, self.plan.cluster.home.parent)
        self.plan.cluster.forget_server()
        for one in self.running.values():
            await one.wait()
            one.abandon()


def _how(status: int) -> str:
    if status < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _with_last_lines(sentence: str, one: Running) -> str:
    said = "Its last lines:" if one.last_lines else "It said nothing."
    lines = [f"{sentence} {said}", *(f"    {line}" for line in one.last_lines), one.program.advice]
    return "\n".join(lines).strip()


async def _cancelled(task: "asyncio.Task[object]") -> None:
    # Again until it is over: a cancellation that meets another event can get lost.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
    if not task.cancelled():
        task.exception()  # retrieved, or asyncio would report it
