"""One log format for structlog and the standard library, on stdout."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from opine_common.request_ids import get_request_id, get_trace_id

# The order of these keys in a JSON line; whatever else an event carries follows.
_LEADING_KEYS = ("time", "level", "service", "event", "request_id", "trace_id")


def configure_logging(service: str, *, json: bool) -> None:
    """Send every log record of this process to stdout, one line each.

    Args:
        service: the `service` of each line.
        json: JSON objects with `time` (RFC 3339, UTC), `level`, `service`, `event`, `request_id`, `trace_id` and the
            event's own fields; if false, lines for a person to read.
    """
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _context_adder(service),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(json=json)],
        ),
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


def _context_adder(service: str) -> Processor:
    def add_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        for name, value in (("request_id", get_request_id()), ("trace_id", get_trace_id())):
            if value is not None:
                event[name] = value
        return event

    return add_context


def _renderers(*, json: bool) -> list[Processor]:
    if json:
        return [structlog.processors.format_exc_info, _lead_with_known_keys, structlog.processors.JSONRenderer()]
    # The default traceback prints local variables, secrets among them.
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time", pad_event_to=0, exception_formatter=plain)
    ]


def _lead_with_known_keys(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    leading = {key: event.pop(key) for key in _LEADING_KEYS if key in event}
    return {**leading, **event}
