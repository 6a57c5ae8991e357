"""Spans of a prediction: for each batch with texts of it, how long they waited for the engine and how long it took.

Imported only where spans are sent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry import context, trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_sentiment.batching.work import BatchTimes

_tracer = trace.get_tracer("opine.sentiment")


def spans_of_request() -> Callable[[BatchTimes], None] | None:
    """What makes the spans below the current one, for the batcher, which works in a task of its own.

    None where the request is not sampled.
    """
    if not trace.get_current_span().is_recording():
        return None
    parent = context.get_current()

    def record(times: BatchTimes) -> None:
        # The batcher's clock counts from anywhere.
        started_ns = time.time_ns() - time.monotonic_ns()
        for name, begun_at, ended_at in (
            ("queue", times.queued_at, times.begun_at),
            ("compute", times.begun_at, times.ended_at),
        ):
            span = _tracer.start_span(
                name,
                context=parent,
                start_time=started_ns + int(begun_at * 1e9),
                attributes={"opine.batch.rows": times.rows},
            )
            span.end(started_ns + int(ended_at * 1e9))

    return record
