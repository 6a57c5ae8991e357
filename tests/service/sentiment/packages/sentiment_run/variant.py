"""The service around another engine."""

from __future__ import annotations

from typing import Any

import bentoml
from opine_sentiment.service import Sentiment, http


def service(inner: type) -> bentoml.Service[Any]:
    """Serve a subclass of `Sentiment.inner` as the service itself is served."""
    made: bentoml.Service[Any] = bentoml.service(name=Sentiment.name, **Sentiment.config)(inner)
    made.mount_asgi_app(http)
    for middleware, options in Sentiment.middlewares:
        made.add_asgi_middleware(middleware, **options)
    return made
