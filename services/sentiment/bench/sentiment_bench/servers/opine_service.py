"""Opine's service around that worker: `bentoml serve sentiment_bench.servers.opine_service:Sentiment`."""

from opine_sentiment.service import make_service

Sentiment = make_service(lambda _settings: None, "sentiment_bench.servers.opine_worker")
