"""What is kept of every answered request: its metrics and one log line."""

import structlog

from opine_common.http_metrics import UNMATCHED, observe_request

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.access")


def record_request(
    service: str, *, route: str | None, method: str, path: str, status: int, seconds: float, quiet: bool
) -> None:
    """Count and log one answered request.

    Args:
        service: name of the service.
        route: the route's template, or None where no route matched.
        method: HTTP method.
        path: the raw path; for the log only.
        status: HTTP status that was answered.
        seconds: time until the last byte.
        quiet: not worth a line at the usual level.
    """
    observe_request(service, route, method, status, seconds)
    log = logger.debug if quiet else logger.info
    log(
        "request",
        method=method,
        route=route or UNMATCHED,
        path=path,
        status=status,
        duration_ms=round(seconds * 1000, 2),
    )
