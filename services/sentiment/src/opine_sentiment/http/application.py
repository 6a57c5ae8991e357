"""The contract's routes in front of another application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

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
    from starlette.types import ASGIApp, Receive, Scope, Send

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings


def contract_application(settings: Settings, predictor: Predictor, behind: ASGIApp) -> ASGIApp:
    """Answer the contract's paths and leave every other one, and the lifespan, to `behind`."""
    endpoints = Routes(settings, predictor)
    routes = [
        Route("/v1/predict", endpoints.predict, methods=["POST"]),
        Route("/livez", endpoints.livez),
        Route("/readyz", endpoints.readyz),
        Route("/metrics", endpoints.metrics),
    ]
    paths = {route.path for route in routes}
    contract = Starlette(
        routes=routes,
        exception_handlers={
            Problem: answer_problem,
            HTTPException: answer_http_error,
            ClientDisconnect: answer_departure,
            Exception: answer_unexpected,
        },
    )

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] in paths
        await (contract if ours else behind)(scope, receive, send)

    return HttpTelemetry(front)
