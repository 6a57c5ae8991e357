"""Opine's worker with the benchmark's engine."""

from opine_sentiment.worker import main

from sentiment_bench.servers.bench_engine import load

if __name__ == "__main__":
    main(lambda _settings: load())
