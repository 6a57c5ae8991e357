"""The HTTP contract as a Starlette application, which BentoML mounts beside its own routes.

BentoML makes the model after it has mounted this application, so the service puts it into `app.state` by `serve`.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from charcnn.archive import MEDIA_TYPE, pack
from opine_common.deadlines import HEADER as TIMEOUT_HEADER
from opine_common.http_metrics import exposition
from opine_common.problems import Problem
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from opine_sentiment.batching.work import RejectedError
from opine_sentiment.http.bulk import BulkStream
from opine_sentiment.http.errors import EXCEPTION_HANDLERS, rejected, unavailable
from opine_sentiment.http.limits import ConcurrencyLimit, cancel_on_disconnect
from opine_sentiment.http.request import (
    parse_explain,
    parse_predict_request,
    read_body,
    read_deadline,
)
from opine_sentiment.http.response import predictions_json
from opine_sentiment.releases.serving import NotLoadedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.releases.serving import Version
    from opine_sentiment.settings import Settings

# BentoML's own page would load a tracker from another host. The files of Swagger UI are those that BentoML serves.
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Opine sentiment</title>
<link rel="stylesheet" href="static_content/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="static_content/swagger-ui-bundle.js"></script>
<script src="static_content/swagger-ui-standalone-preset.js"></script>
<script>SwaggerUIBundle({
  urls: [{url: "v1/openapi.json", name: "HTTP contract"}, {url: "docs.json", name: "BentoML client"}],
  dom_id: "#swagger-ui", validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "StandaloneLayout"
})</script>
</body></html>
"""


# BentoML's default description in docs.json shows badges of other hosts.
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)


class Endpoints:
    """The routes, bound to one model."""

    def __init__(
        self, settings: Settings, predictor: Predictor, limit: ConcurrencyLimit, ending: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._predictor = predictor
        self._limit = limit
        self._ending = ending
        self._bulk_limit = ConcurrencyLimit(settings.max_bulk, "bulk requests")

    async def predict(self, request: Request) -> Response:
        with self._limit:
            settings, predictor = self._settings, self._predictor
            # The clock runs while the body comes: who sends slowly has less time left.
            deadline = read_deadline(request.headers.get(TIMEOUT_HEADER), settings)
            body = await read_body(request, settings.max_body_bytes, settings.upload_timeout_s)
            asked = parse_predict_request(body, settings.max_texts)
            version = chosen(predictor, request.headers)
            work = predictor.predict(asked.texts, version=version, explain=bool(asked.explain), deadline=deadline)
            try:
                scored = await cancel_on_disconnect(request.receive, work)
            except RejectedError as error:
                raise rejected(error, len(asked.texts)) from None
            answer = await predictions_json(scored.model, asked.texts, scored.outcomes, asked.explain)
            return Response(answer, media_type="application/json")

    async def bulk(self, request: Request) -> BulkStream:
        # Now, since nothing can be refused once the first byte of the answer is sent.
        if not self._predictor.ready:
            raise unavailable("the model is not ready")
        explain = parse_explain(request.query_params)
        version = chosen(self._predictor, request.headers)
        return BulkStream(
            self._settings, self._predictor, self._bulk_limit, version=version, explain=explain, ending=self._ending
        )

    def models(self) -> Response:
        """Which versions are loaded here, and which were refused."""
        versions = self._predictor.versions
        serving = versions.serving
        return JSONResponse(
            {
                "revision": versions.revision,
                "source": versions.source,
                "live": dict(serving.live.model),
                "candidate": serving.candidate and dict(serving.candidate.model),
                "weight": serving.weight,
                "refused": [{"digest": digest, **asdict(refusal)} for digest, refusal in versions.refused.items()],
            }
        )

    async def artefact(self, digest: str) -> Response:
        """The artefact folder as one file, while its version is live: whoever has a registry without it takes it there.

        Raises:
            Problem: 404, it is another version that answers, or one of another digest.
        """
        versions = self._predictor.versions
        if versions.source not in {"shipped", "image"} or versions.serving.live.model.digest != digest:
            raise Problem(
                HTTPStatus.NOT_FOUND, "This is not the version that this service came with, or it is not live."
            )
        packed = await asyncio.to_thread(pack, self._settings.model_dir, digest)
        return Response(packed, media_type=MEDIA_TYPE)


def chosen(predictor: Predictor, headers: Mapping[str, str]) -> Version:
    """The version that a request's headers ask for.

    Raises:
        Problem: 404, it insists on one that is not loaded.
    """
    try:
        return predictor.choose(headers)
    except NotLoadedError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None


def serve(
    app: Starlette, settings: Settings, predictor: Predictor, limit: ConcurrencyLimit, ending: Callable[[], bool]
) -> None:
    """Answer with this model from now on.

    Args:
        app: the application that `application` made.
        settings: the service's.
        predictor: the model.
        limit: requests in progress, by any door.
        ending: says whether the service is shutting down.
    """
    app.state.endpoints = Endpoints(settings, predictor, limit, ending)


def application() -> Starlette:
    """The routes without a model."""
    return Starlette(
        routes=[
            Route("/v1/predict", _predict, methods=["POST"]),
            Route("/v1/predict/bulk", _bulk, methods=["POST"]),
            Route("/v1/models", _models),
            Route("/v1/models/{digest}/artefact", _artefact),
            Route("/v1/openapi.json", _openapi),
            Route("/metrics", _metrics),
            Route("/", _page),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )


async def _predict(request: Request) -> Response:
    endpoints: Endpoints = request.app.state.endpoints
    return await endpoints.predict(request)


async def _bulk(request: Request) -> BulkStream:
    endpoints: Endpoints = request.app.state.endpoints
    return await endpoints.bulk(request)


async def _models(request: Request) -> Response:
    endpoints: Endpoints = request.app.state.endpoints
    return endpoints.models()


async def _artefact(request: Request) -> Response:
    endpoints: Endpoints = request.app.state.endpoints
    return await endpoints.artefact(request.path_params["digest"])


async def _metrics(request: Request) -> Response:
    body, content_type = exposition(request.headers.get("accept"))
    return Response(body, headers={"Content-Type": content_type})


async def _openapi(_request: Request) -> Response:
    from opine_sentiment.http.openapi import document  # noqa: PLC0415  asked for rarely

    return JSONResponse(document())


async def _page(_request: Request) -> Response:
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _PAGE_POLICY})
