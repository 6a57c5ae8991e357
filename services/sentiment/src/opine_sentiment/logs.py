"""Log lines of this process, BentoML's included, in the service's format."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opine_telemetry.logs import configure_logging

if TYPE_CHECKING:
    from opine_sentiment.settings import Settings

# BentoML gives some of these handlers with its own format, and uvicorn would write a line a request.
_FOREIGN = ("bentoml", "circus", "uvicorn.error", "uvicorn.access")


def set_up_logging(settings: Settings) -> None:
    """Run it after BentoML has configured logging, in the supervisor and in the worker."""
    configure_logging("sentiment", json=settings.log_json)
    logging.getLogger().setLevel(settings.log_level)
    for name in _FOREIGN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
