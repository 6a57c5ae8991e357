"""What is kept of every answered request: one log line, and metrics by route template.

A raw path or a made-up method never becomes a label.
"""

import logging
from collections.abc import Iterable, Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger("opine.access")

UNMATCHED = "unmatched"
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
"""What a platform asks every few seconds."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter(
    "opine_http_requests_total",
    "HTTP requests answered.",
    ["service", "route", "method", "status"],
)
DURATION = Histogram(
    "opine_http_request_duration_seconds",
    "Time from a request's arrival to the last byte of its answer.",
    ["service", "route", "method"],
    # 0.3 is what the predictions' service level objective promises (charts/opine/prometheus_rules).
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10),
)


def record_request(
    service: str, *, route: str | None, method: str, path: str, status: int, seconds: float, quiet: bool
) -> None:
    """Count and log one answered request.

    Args:
        service: name of the service.
        route: the route's template, or None where no route matched.
        method: HTTP method; one that HTTP does not know is counted as OTHER.
        path: the raw path; for the log only.
        status: HTTP status that was answered.
        seconds: time until the last byte.
        quiet: not worth a line at the usual level.
    """
    template = route or UNMATCHED
    known = method if method in _METHODS else "OTHER"
    REQUESTS.labels(service, template, known, str(status)).inc()
    DURATION.labels(service, template, known).observe(seconds)
    log = logger.debug if quiet else logger.info
    duration_ms = round(seconds * 1000, 2)
    log(
        "request",
        extra={"method": method, "route": template, "path": path, "status": status, "duration_ms": duration_ms},
    )


def exposition(accept: str | None, collectors: Sequence[Collector] = ()) -> tuple[bytes, str]:
    """All metrics of the service and their content type, over all its processes in multiprocess mode.

    Args:
        accept: the request's header.
        collectors: of metrics that no process counts.
    """
    encode, content_type = choose_encoder(accept or "")
    registry = CollectorRegistry()
    for collector in (_Counted(), *collectors):
        registry.register(collector)
    return encode(registry), content_type


class _Counted(Collector):
    """What the processes of the service counted."""

    def collect(self) -> Iterable[Metric]:
        registry = CollectorRegistry()
        try:
            # The client itself reads PROMETHEUS_MULTIPROC_DIR and raises if it is unset.
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        except ValueError:
            registry = REGISTRY
        return registry.collect()
