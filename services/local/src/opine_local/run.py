"""One run from start to end: what is checked, what is started in which order, what ends it."""

import argparse
import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from opine_local import STOP_SIGNALS, data_folder, ports
from opine_local.postgres import Cluster, database_url, open_cluster
from opine_local.processes import (
    Console,
    Program,
    Running,
    end_all,
    end_leftovers,
    kill_marked,
    mark,
    open_console,
    start,
)
from opine_local.services import Service, followers, services
from opine_local.settings import (
    CommandError,
    Settings,
    inherited_environment,
    load_or_create_secrets,
    local_settings,
    new_password,
    reason,
)

# Together below five seconds: services, then PostgreSQL, then whatever is left.
_SERVICES_TIMEOUT_S = 2.5
_POSTGRES_TIMEOUT_S = 1.5
_POLL_S = 0.05
_NAME_WIDTH = len("sentiment")
_LEFTOVER_TIMEOUT_S = 3.0


def main(arguments: list[str] | None = None) -> str | None:
    """Run Opine until it is told to stop.

    Returns:
        What the person must know if that went wrong, as `sys.exit` takes it.
    """
    argparse.ArgumentParser("opine_local", description="Runs the whole of Opine on this machine.").parse_args(arguments)
    try:
        settings = local_settings()
        data_folder.prepare(settings.data_dir)
        with (
            data_folder.lock_folder(settings.data_dir, settings.page_url),
            open_console(colour=not settings.no_color, width=_NAME_WIDTH) as console,
        ):
            _run(settings, console)
    except CommandError as error:
        return str(error)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return f"Opine cannot go on: the system says {reason(error)}{where}."
    return None


def _run(settings: Settings, console: Console) -> None:
    ended = end_leftovers(settings.data_dir, timeout_s=_LEFTOVER_TIMEOUT_S)
    if ended:
        console.say(f"Ended {ended} processes left by a run that was killed.")
    ports.check_free(settings)
    settings.metrics_dir.mkdir(exist_ok=True)
    secrets = load_or_create_secrets(settings.secrets_path)
    inherited = inherited_environment() | mark(settings.data_dir)
    cluster = open_cluster(
        settings.data_dir,
        inherited,
        port=settings.postgres_port or ports.any_free(),
        password=secrets.database_password,
    )
    chosen = settings.admin_password.get_secret_value()
    password = chosen or new_password()
    shown = "" if chosen else f" (admin password {password})"

    def url_as(role: str, role_password: str) -> str:
        return database_url(role, role_password, cluster.port)

    plan = Plan(
        cluster=cluster,
        services=services(settings, secrets, cluster.url, password),
        followers=followers(
            settings,
            secrets,
            url_as("opine_reading", secrets.reading_password),
            url_as("opine_analysis", secrets.analysis_password),
        ),
        inherited=inherited,
        ready_line=f"Opine is ready: {settings.page_url}{shown}. Ctrl-C stops it.",
        ready_timeout_s=settings.ready_timeout_s,
    )
    console.say("Starting Opine ...")
    asyncio.run(Run(plan, console).until_stopped())


@dataclass(frozen=True)
class Plan:
    cluster: Cluster
    services: list[Service]
    # Started once people can use the page: they answer nobody.
    followers: list[Program]
    inherited: dict[str, str]
    ready_line: str
    ready_timeout_s: float


@dataclass
class Run:
    plan: Plan
    console: Console
    running: dict[str, Running] = field(default_factory=dict)
    exited: asyncio.Queue[Running] = field(default_factory=asyncio.Queue)

    async def until_stopped(self) -> None:
        """Start everything and return after a signal, with everything ended.

        Raises:
            CommandError: something could not start or has died.
        """
        stop = asyncio.Event()
        _handle_stop_signals(stop.set)
        stopped = asyncio.create_task(stop.wait())
        first_exit = asyncio.create_task(self.exited.get())
        work = asyncio.create_task(self._start_all())
        try:
            await asyncio.wait({stopped, first_exit, work}, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                self.console.say("Stopping Opine ...")
            elif first_exit.done():
                raise CommandError(await _describe_exit(first_exit.result()))
            else:
                work.result()
        finally:
            for task in (work, first_exit, stopped):
                await _cancelled(task)
            await self._end()

    async def _start_all(self) -> None:
        """Bring everything up in order, say so, and wait: it ends by an error or by being cancelled."""
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
                await _until(cluster.is_ready)
                for service in services:
                    if not service.at_once:
                        await self._start(service.program)
                        await _until(service.is_ready)
                await asyncio.gather(*(_until(service.is_ready) for service in services))
        except TimeoutError:
            raise CommandError(
                f"Opine was not ready within {self.plan.ready_timeout_s:g} s; the lines above say how far it came.",
            ) from None
        self.console.say(self.plan.ready_line)
        for program in self.plan.followers:
            await self._start(program)
        await asyncio.Event().wait()

    async def _start(self, program: Program) -> None:
        self.running[program.name] = await start(program, self.console, self.plan.inherited, self.exited)

    async def _end(self) -> None:
        postgres = self.running.get(self.plan.cluster.program.name)
        await end_all([one for one in self.running.values() if one is not postgres], timeout_s=_SERVICES_TIMEOUT_S)
        if postgres is not None:
            await end_all([postgres], timeout_s=_POSTGRES_TIMEOUT_S)
        await asyncio.to_thread(kill_marked, self.plan.cluster.home.parent)
        self.plan.cluster.forget_server()
        for one in self.running.values():
            await one.wait()
            one.forget()


def _handle_stop_signals(stop: Callable[[], object]) -> None:
    """Let the running loop call `stop`, also for a signal that came while `__main__` kept them blocked."""
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


async def _until(is_ready: Callable[[], bool]) -> None:
    # Not opine_common.readiness: it sleeps in a thread, which no cancellation reaches, and Ctrl-C would wait for it.
    while not await asyncio.to_thread(is_ready):  # noqa: ASYNC110  a file and a port tell no event
        await asyncio.sleep(_POLL_S)


async def _describe_exit(one: Running) -> str:
    status = await one.wait()
    how = f"exit status {status}"
    if status < 0:
        with suppress(ValueError):
            how = f"killed by {signal.Signals(-status).name}"
    said = "Its last lines:" if one.last_lines else "It said nothing."
    lines = [f"{one.program.name} ended ({how}), so Opine stops. {said}", *(f"    {line}" for line in one.last_lines)]
    return "\n".join([*lines, one.program.hint]).strip()


async def _cancelled(task: "asyncio.Task[object]") -> None:
    # Again until it is over: a cancellation that meets another event can get lost.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
    if not task.cancelled():
        task.exception()  # retrieved, or asyncio would report it
