import io
import os
import re
import threading

from opine_local.processes import Console


def test_each_line_stands_behind_its_programs_name() -> None:
    stream = io.StringIO()
    with Console(stream, colour=False, width=9) as console:
        console.line("reviews", "one")
        console.line("sentiment", "two")
        console.say("ready")
    assert stream.getvalue().splitlines() == ["reviews   | one", "sentiment | two", "ready"]


def test_colours_differ_by_program_and_leave_the_text_plain() -> None:
    stream = io.StringIO()
    with Console(stream, colour=True, width=9) as console:
        for name in ("reviews", "sentiment", "reviews"):
            console.line(name, "text")
    colours = re.findall(r"^\033\[(\d+)m.*\033\[0m text$", stream.getvalue(), re.MULTILINE)
    assert colours[0] == colours[2] != colours[1]


def test_a_terminal_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as stream, Console(stream, colour=False, width=9) as console:
        console.say("to nobody")
        console.say("and again")


def test_a_reader_that_stalls_holds_up_nobody() -> None:
    reads_on = threading.Event()

    class Stalled(io.StringIO):
        def write(self, text: str) -> int:
            reads_on.wait()
            return super().write(text)

    stream = Stalled()
    with Console(stream, colour=False, width=9) as console:
        for _ in range(5000):
            console.say("text")
    assert stream.getvalue() == ""
    reads_on.set()
