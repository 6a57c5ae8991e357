"""The API's description, and a page to try it, with the files of Swagger UI that BentoML brings."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

# BentoML's own page would load a tracker from another host.
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Opine sentiment</title><link rel="stylesheet" href="swagger/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="swagger/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "docs.json", dom_id: "#swagger-ui", validatorUrl: null})</script>
</body></html>
"""


def routes() -> list[BaseRoute]:
    """`/`, `/docs.json` and the page's files."""
    return [
        Route("/", _page),
        Route("/docs.json", _document),
        Mount("/swagger", StaticFiles(directory=_swagger_ui()), name="swagger"),
    ]


async def _page(_request: Request) -> Response:
    return HTMLResponse(_PAGE)


async def _document(_request: Request) -> Response:
    return Response(_document_json(), media_type="application/json")


@cache
def _document_json() -> bytes:
    # Imported when asked for: serving needs none of these models.
    from opine_sentiment import openapi  # noqa: PLC0415

    return orjson.dumps(openapi.document())


def _swagger_ui() -> Path:
    """Found without importing BentoML."""
    spec = find_spec("bentoml")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("bentoml")
    return Path(spec.origin).parent / "_internal/server/static_content"
