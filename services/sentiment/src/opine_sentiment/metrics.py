"""The service's metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

if TYPE_CHECKING:
    from opine_sentiment.batching.work import RejectReason

# A series more for each, which says when it began.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

BATCH_ROWS = Histogram(
    "opine_sentiment_batch_rows",
    "Texts computed at once.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
BATCH_CHARACTERS = Histogram(
    "opine_sentiment_batch_characters",
    "Characters computed at once.",
    buckets=[4**power for power in range(2, 10)],
)
QUEUE_WAIT = Histogram(
    "opine_sentiment_queue_wait_seconds",
    "Time a text waited for the engine.",
    buckets=_SECONDS,
)
COMPUTE = Histogram("opine_sentiment_compute_seconds", "Time the engine took for a batch.", buckets=_SECONDS)
DEADLINE_MISSES = Counter("opine_sentiment_deadline_misses_total", "Texts computed after their deadline.")
QUEUE_ROWS = Gauge("opine_sentiment_queue_rows", "Texts that wait for the engine.")
BATCH_OVERHEAD = Gauge(
    "opine_sentiment_estimated_batch_overhead_seconds", "Cost model: time of a batch beside its characters."
)
CHARACTER = Gauge("opine_sentiment_estimated_character_seconds", "Cost model: time of a character in a batch.")
OFFERED = Counter(
    "opine_sentiment_offered_compute_seconds_total",
    "Compute time that the texts of all requests should take, admitted or refused: the demand.",
)
REJECTED = Counter("opine_sentiment_rejected_total", "Texts given up before they were computed.", ["reason"])
ENGINE_FAILURES = Counter("opine_sentiment_engine_failures_total", "Batches on which the engine failed.")
ENGINE_BROKEN = Gauge(
    "opine_sentiment_engine_broken", "1 while the engine fails on a text that it has computed before, else 0."
)
PREDICTIONS = Counter("opine_sentiment_predictions_total", "Texts scored.", ["label", "model_version", "role"])
TEXT_ERRORS = Counter("opine_sentiment_text_errors_total", "Texts that could not be scored.", ["code"])
MODEL_INFO = Gauge(
    "opine_sentiment_model_info",
    "1 for each loaded version.",
    ["role", "name", "version", "digest", "engine", "device", "precision"],
)
MODEL_SOURCE = Gauge("opine_sentiment_model_source", "1 for where the live version came from.", ["source"])
RELEASE_REVISION = Gauge("opine_sentiment_release_revision", "Revision of the release plan in force; 0 without one.")
REGISTRY_FAILURES = Counter("opine_sentiment_registry_failures_total", "Times that the registry could not be followed.")
REFUSED_VERSIONS = Counter("opine_sentiment_refused_versions_total", "Versions that cannot be served.", ["reason"])
CANARY_REQUESTS = Counter(
    "opine_sentiment_canary_requests_total",
    "Requests while a part of the sessions sees a candidate, by who answered: what the two may be compared by.",
    ["release", "role", "outcome"],
)
SHADOW_TEXTS = Counter(
    "opine_sentiment_shadow_texts_total", "Texts that a shadow was to score.", ["model_version", "outcome"]
)
SHADOW_FLIPS = Counter(
    "opine_sentiment_shadow_flips_total",
    "Texts of which the shadow says another thing than the live version.",
    ["model_version", "what"],
)
SHADOW_SCORE_DISTANCE = Histogram(
    "opine_sentiment_shadow_score_distance",
    "How far the shadow's score is from the live version's.",
    ["model_version"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)


class BatchMetrics:
    """The batcher's observer."""

    def offered(self, seconds: float) -> None:
        OFFERED.inc(seconds)

    def queued(self, rows: int) -> None:
        QUEUE_ROWS.set(rows)

    def waited(self, seconds: float) -> None:
        QUEUE_WAIT.observe(seconds)

    def computed(self, rows: int, characters: int, seconds: float) -> None:
        BATCH_ROWS.observe(rows)
        BATCH_CHARACTERS.observe(characters)
        COMPUTE.observe(seconds)

    def estimated(self, overhead_s: float, unit_s: float) -> None:
        BATCH_OVERHEAD.set(overhead_s)
        CHARACTER.set(unit_s)

    def missed(self, rows: int) -> None:
        DEADLINE_MISSES.inc(rows)

    def rejected(self, reason: RejectReason, rows: int) -> None:
        REJECTED.labels(reason).inc(rows)


class HealthMetrics:
    """The observer of the engine's health."""

    def engine_failed(self) -> None:
        ENGINE_FAILURES.inc()

    def engine_broken(self, *, broken: bool) -> None:
        ENGINE_BROKEN.set(broken)
