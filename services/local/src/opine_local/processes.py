"""The programs of one run: started apart from the terminal, heard line by line on it, ended together.

A mark in the environment finds every process of a data folder again. Process groups are not enough: BentoML's arbiter
gives each of its workers a session of its own, and those outlive an arbiter that is killed.
"""

import asyncio
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import Self, TextIO

import psutil

_LONGEST_LINE = 2**20
_REMEMBERED_LINES = 12
_MARK = "OPINE_LOCAL_RUN"
_COLOURS = (36, 33, 35, 32, 34)
_WAITING_LINES = 2000
_CLOSE_TIMEOUT_S = 0.5


class Console:
    """Lines of several programs on one terminal, each behind its program's name.

    A thread writes them: a reader that stalls, such as a pager, must not hold up a stop. Lines beyond the buffer are
    dropped.
    """

    def __init__(self, stream: TextIO, *, colour: bool, width: int) -> None:
        self._stream = stream
        self._colour = colour
        self._width = width
        self._colours: dict[str, int] = {}
        self._waiting: Queue[str | None] = Queue(_WAITING_LINES)
        self._writer = Thread(target=self._write_all, daemon=True)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Full):
            self._waiting.put(None, timeout=_CLOSE_TIMEOUT_S)
            self._writer.join(_CLOSE_TIMEOUT_S)

    def line(self, name: str, text: str) -> None:
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        self._add(f"{self._painted(f'{name:<{self._width}} |', str(colour))} {text}")

    def say(self, sentence: str) -> None:
        """A line of Opine's own."""
        self._add(self._painted(sentence, "1"))

    def _painted(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _add(self, text: str) -> None:
        with suppress(Full):
            self._waiting.put_nowait(text)

    def _write_all(self) -> None:
        while (text := self._waiting.get()) is not None:
            try:
                print(text, file=self._stream, flush=True)
            except OSError:
                # The terminal or the pipe is gone. What runs goes on or is stopped; it has nobody to tell.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def open_console(*, colour: bool, width: int) -> Console:
    return Console(sys.stdout, colour=colour and sys.stdout.isatty(), width=width)


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    # Lines that nobody needs to see while all is well.
    noise: str = r"(?!)"
    # What the person can do if it ends by itself.
    hint: str = ""
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
        exited: "asyncio.Queue[Running]",
    ) -> None:
        self.program = program
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._process = process
        self._output = output
        self._console = console
        self._noise = re.compile(program.noise)
        self._reader = asyncio.create_task(self._read())
        self._watcher = asyncio.create_task(self._watch(exited))

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

    async def _watch(self, exited: "asyncio.Queue[Running]") -> None:
        await self.wait()
        exited.put_nowait(self)

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
    exited: asyncio.Queue[Running],
) -> Running:
    """Start a program; it comes into `exited` when it ends."""
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
    return Running(program, process, output, console, exited)


async def end_all(running: Iterable[Running], *, timeout_s: float) -> None:
    """End them side by side; what is still there after `timeout_s` is left to be killed."""
    ends = [asyncio.create_task(one.end()) for one in running]
    if ends:
        _, late = await asyncio.wait(ends, timeout=timeout_s)
        for end in late:
            end.cancel()


def mark(data_dir: Path) -> dict[str, str]:
    """The environment variable by which a data folder's processes are found."""
    return {_MARK: str(data_dir)}


def marked_processes(data_dir: Path) -> list[psutil.Process]:
    return list(_marked(data_dir))


def end_leftovers(data_dir: Path, *, timeout_s: float) -> int:
    """End what a killed run left behind; to be called only by the holder of the folder's lock."""
    # SIGINT means a fast stop to PostgreSQL, gunicorn and BentoML alike.
    found = marked_processes(data_dir)
    _signal_all(found, signal.SIGINT)
    psutil.wait_procs(found, timeout=timeout_s)
    kill_marked(data_dir)
    return len(found)


def kill_marked(data_dir: Path) -> None:
    """Kill every process of a data folder."""
    # Twice: one may have started another in between.
    for _ in range(2):
        rest = marked_processes(data_dir)
        _signal_all(rest, signal.SIGKILL)
        psutil.wait_procs(rest, timeout=1)


def _marked(data_dir: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(_MARK) == str(data_dir):
                yield process


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
