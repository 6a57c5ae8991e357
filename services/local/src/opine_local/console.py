import os
import sys
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import Self, TextIO

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
