"""BentoML as its documentation says: `bentoml serve sentiment_bench.servers.stock_bentoml:Stock`."""

from __future__ import annotations

import os

import bentoml

from sentiment_bench.servers.bench_engine import answers, load

_MAX_BATCH = int(os.environ.get("BENCH_MAX_BATCH", "64"))  # noqa: TID251  a benchmark's own
_MAX_LATENCY_MS = int(os.environ.get("BENCH_MAX_LATENCY_MS", "60000"))  # noqa: TID251


@bentoml.service(workers=1)
class Stock:
    def __init__(self) -> None:
        self.engine = load()

    @bentoml.api(batchable=True, max_batch_size=_MAX_BATCH, max_latency_ms=_MAX_LATENCY_MS)
    def predict(self, texts: list[str]) -> list[dict]:  # type: ignore[type-arg]  # BentoML makes its schema of this
        return answers(self.engine, texts)
