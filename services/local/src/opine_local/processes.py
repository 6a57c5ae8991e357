"""The programs of one run: started apart from the terminal, heard line by line, ended together."""

import asyncio
import os
import re
import signal
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from opine_local.console import Console

_LONGEST_LINE = 2**20
_REMEMBERED_LINES = 12


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    # Lines that nobody needs to see while all is well.
    noise: str = r"(?!)"
    # What the person can do if it ends by itself.
    advice: str = ""
    # How to ask it to end; the signal goes to its first process.
    stop_signal: signal.Signals = signal.SIGTERM


class Running:
    """One started program."""

    def __init__(
        self,
        program: Program,
        process: asyncio.subprocess.Process,
        output: asyncio.StreamReader,
        console: Console,
        deaths: "asyncio.Queue[Running]",
    ) -> None:
        self.program = program
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._process = process
        self._output = output
        self._console = console
        self._noise = re.compile(program.noise)
        self._reader = asyncio.create_task(self._read())
        self._watcher = asyncio.create_task(self._watch(deaths))

    async def wait(self) -> int:
        """Its exit status, once it has ended and its output is read."""
        status = await self._process.wait()
        # Another process of it may hold the pipe open, so no longer than this for the last lines.
        await asyncio.wait({self._reader}, timeout=0.5)
        return status

    async def end(self) -> None:
        """Ask it to end and wait until it has."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, self.program.stop_signal)
            await self._process.wait()

    def forget(self) -> None:
        self._reader.cancel()
        self._watcher.cancel()

    async def _watch(self, deaths: "asyncio.Queue[Running]") -> None:
        await self.wait()
        deaths.put_nowait(self)

    async def _read(self) -> None:
        while True:
            try:
                line = await self._output.readline()
            except ValueError:
                continue  # a line beyond all bounds is dropped
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self.last_lines.append(text)
                if not self._noise.search(text):
                    self._console.line(self.program.name, text)


async def start(
    program: Program,
    console: Console,
    inherited: dict[str, str],
    deaths: asyncio.Queue[Running],
) -> Running:
    """Start a program; it comes into `deaths` when it ends."""
    # A pipe of our own: asyncio's would keep a process from being seen to end while a child of it holds the other end.
    reading, writing = os.pipe()
    output = asyncio.StreamReader(_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output),
        os.fdopen(reading, "rb", buffering=0),
    )
    with os.fdopen(writing, "wb") as end:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            env=inherited | program.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=end,
            stderr=asyncio.subprocess.STDOUT,
            # The terminal's Ctrl-C is for Opine, which then ends all in order.
            start_new_session=True,
        )
    return Running(program, process, output, console, deaths)


async def end_all(running: Iterable[Running], *, patience_s: float) -> None:
    """End them side by side; what is still there after `patience_s` is left to be killed."""
    ends = [asyncio.create_task(one.end()) for one in running]
    if ends:
        _, late = await asyncio.wait(ends, timeout=patience_s)
        for end in late:
            end.cancel()
