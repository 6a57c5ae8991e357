import os
import sys
from datetime import datetime
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34)


class Console:
    """Lines of several programs on one terminal, each behind its program's name."""

    def __init__(self, stream: TextIO, *, colour: bool, width: int) -> None:
        self._stream = stream
        self._colour = colour
        self._width = width
        self._colours: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        clock = datetime.now().astimezone().strftime("%H:%M:%S")
        self._write(f"{self._painted(f'{clock} {name:<{self._width}} |', str(colour))} {text}")

    def say(self, sentence: str) -> None:
        """A line of Opine's own."""
        self._write(self._painted(sentence, "1"))

    def _painted(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._stream, flush=True)
        except OSError:
            # The terminal or the pipe is gone. What runs goes on or is stopped; it has nobody to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def open_console(*, colour: bool, width: int) -> Console:
    return Console(sys.stdout, colour=colour and sys.stdout.isatty(), width=width)
