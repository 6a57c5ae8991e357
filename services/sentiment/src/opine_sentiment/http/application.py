"""The service as an ASGI application."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from opine_sentiment.http import documentation
from opine_sentiment.http.problems import (
    Problem,
    answer_departure,
    answer_http_error,
    answer_problem,
    answer_unexpected,
)
from opine_sentiment.http.routes import Routes
from opine_sentiment.http.telemetry import HttpTelemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")


def application(settings: Settings, predictor: Predictor) -> ASGIApp:
    """The contract's routes and their documentation, around a predictor that lives as long as the server."""
    endpoints = Routes(settings, predictor)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        predictor.start(_give_up)
        yield
        await predictor.stop()

    app = Starlette(
        routes=[
            Route("/v1/predict", endpoints.predict, methods=["POST"]),
            Route("/v1/predict/bulk", endpoints.bulk, methods=["POST"]),
            Route("/livez", endpoints.livez),
            Route("/readyz", endpoints.readyz),
            Route("/metrics", endpoints.metrics),
            *documentation.routes(),
        ],
        exception_handlers={
            Problem: answer_problem,
            HTTPException: answer_http_error,
            ClientDisconnect: answer_departure,
            Exception: answer_unexpected,
        },
        lifespan=lifespan,
    )
    return HttpTelemetry(app, predictor)


def _give_up(error: Exception) -> None:
    """End this worker; in a container BentoML then ends too, elsewhere it starts another."""
    logger.critical("the model cannot be loaded: %s", error, exc_info=error)
    signal.raise_signal(signal.SIGTERM)
