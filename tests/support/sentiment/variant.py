"""The service around another engine."""

from __future__ import annotations

from typing import Any

import bentoml
from opine_sentiment import service

original: Any = service.Sentiment  # BentoML's SDK ships no types


def variant(inner: type) -> Any:  # noqa: ANN401  a service
    """Serve a subclass of `Sentiment.inner` as the service itself is served."""
    made: Any = bentoml.service(name=original.name, **original.config)(inner)
    made.mount_asgi_app(service.http)
    for middleware, options in original.middlewares:
        made.add_asgi_middleware(middleware, **options)
    return made
