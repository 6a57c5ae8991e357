"""This service with the benchmark's engine: `bentoml serve sentiment_bench.servers.opine_service:Sentiment`."""

from __future__ import annotations

from typing import Any

import bentoml
from opine_sentiment import service

from sentiment_bench.servers.bench_engine import load

original: Any = service.Sentiment  # BentoML's SDK ships no types


class Bench(original.inner):  # type: ignore[misc]
    load_engine = staticmethod(load)

    @staticmethod
    def check_model() -> None:
        """The model is the benchmark's."""


Sentiment: Any = bentoml.service(name=original.name, **original.config)(Bench)
Sentiment.mount_asgi_app(service.http)
for middleware, options in original.middlewares:
    Sentiment.add_asgi_middleware(middleware, **options)
