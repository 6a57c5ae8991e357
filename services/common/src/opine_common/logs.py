"""One log format for every logger of a process, on stdout."""

import datetime as dt
import logging
import sys
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from opine_common.request_ids import get_request_id, get_trace_id


def configure_logging(service: str, *, json: bool) -> None:
    """Send every log record of this process to stdout, one line each.

    Args:
        service: the `service` of each line.
        json: JSON objects with `time` (RFC 3339, UTC), `level`, `service`, `event`, `request_id`, `trace_id` and the
            record's `extra`; if false, lines for a person to read.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines(service) if json else _ReadableLines(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


class _JsonLines(JsonFormatter):
    def __init__(self, service: str) -> None:
        super().__init__([], rename_fields={"exc_info": "exception", "stack_info": "stack"})
        self._service = service

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        time = dt.datetime.fromtimestamp(record.created, dt.UTC)
        log_data["time"] = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
        log_data["level"] = record.levelname.lower()
        log_data["service"] = self._service
        log_data["event"] = record.message
        ids = {"request_id": get_request_id(), "trace_id": get_trace_id()}
        log_data |= {name: value for name, value in ids.items() if value is not None}
        super().add_fields(log_data, record, message_dict)


class _ReadableLines(_JsonLines):
    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        time, level, event = (log_data.pop(name) for name in ("time", "level", "event"))
        trace = "".join(f"\n{log_data.pop(name)}" for name in ("exception", "stack") if name in log_data)
        fields = "".join(f" {name}={_readable(value)}" for name, value in log_data.items())
        return f"{time} [{level}] {event}{fields}{trace}"


def _readable(value: object) -> str:
    """Without quotes where that is clear; a line stays one line, whatever a client sent."""
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(value)
