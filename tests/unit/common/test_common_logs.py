import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from opine_common.logs import configure_logging
from opine_common.request_ids import begin_request


@pytest.fixture(autouse=True)
def root_logger_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


def test_a_line_is_json_with_the_ids_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=True)
    begin_request("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    logging.getLogger("a").info("stored", extra={"review": 7})
    logging.getLogger("b").warning("slow %s", "query", extra={"seconds": 2})
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert list(first) == ["time", "level", "service", "event", "request_id", "trace_id", "review"]
    assert (first["event"], first["review"], first["level"]) == ("stored", 7, "info")
    assert first["time"].endswith("Z")
    assert (second["event"], second["seconds"], second["level"]) == ("slow query", 2, "warning")
    assert {first["service"], second["service"]} == {"reviews"}
    assert {first["request_id"], second["request_id"]} == {"r-1"}
    assert {first["trace_id"], second["trace_id"]} == {"4bf92f3577b34da6a3ce929d0e0e4736"}


def test_an_exception_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=True)
    try:
        int("broken\nover lines")
    except ValueError:
        logging.getLogger("a").exception("failed")
    (line,) = capsys.readouterr().out.splitlines()
    assert r"broken\nover lines" in json.loads(line)["exception"]


def test_a_line_outside_a_request_has_no_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=True)
    logging.getLogger("a").info("started")
    assert "request_id" not in json.loads(capsys.readouterr().out)


def test_what_json_does_not_know_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=True)
    logging.getLogger("a").info("looked", extra={"where": Path("a/b"), "none": None})
    line = json.loads(capsys.readouterr().out)
    assert (line["where"], line["none"]) == ("a/b", None)


def test_local_lines_are_readable_and_single(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=False)
    logging.getLogger("a").info("stored", extra={"review": 7})
    (line,) = capsys.readouterr().out.splitlines()
    assert "stored" in line
    assert "review=7" in line
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)


def test_a_client_cannot_write_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=False)
    logging.getLogger("a").info("request", extra={"path": "/x\n2026-01-01T00:00:00Z [info] forged"})
    (line,) = capsys.readouterr().out.splitlines()
    assert r"path='/x\n2026" in line


def test_a_readable_exception_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("reviews", json=False)
    password = "not for the log"
    try:
        int("x" if password else "y")
    except ValueError:
        logging.getLogger("a").exception("failed")
    shown = capsys.readouterr().out
    assert "ValueError: invalid literal" in shown
    assert password not in shown
