"""The sentiment service: `bentoml serve opine_sentiment.service:Sentiment`."""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import socket
from http import HTTPStatus

# BentoML has its workers count through files; one worker, which is all a pod has, counts in memory.
# prometheus-client looks at this when it is imported.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # noqa: TID251  BentoML's, not a setting of ours

import bentoml
import click
from bentoml.exceptions import BentoMLException
from charcnn.artefact import ArtefactError
from charcnn.devices import DeviceError
from opine_common.asgi import RequestTelemetry
from opine_common.deadlines import HEADER as TIMEOUT_HEADER
from opine_common.logs import configure_logging
from opine_common.problems import Problem
from opine_common.settings import SettingsError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from opine_sentiment.batching.work import RejectedError
from opine_sentiment.engine import TextEngine, check, load, load_cached
from opine_sentiment.http import routes
from opine_sentiment.http.errors import CLIENT_CLOSED_REQUEST, rejected
from opine_sentiment.http.limits import ConcurrencyLimit, UploadLimit, cancel_on_disconnect
from opine_sentiment.http.request import read_deadline, too_many_texts
from opine_sentiment.http.response import predictions_json
from opine_sentiment.predictor import Predictor, Scored
from opine_sentiment.schemas import Explain, PredictResponse
from opine_sentiment.settings import Settings, get_settings
from opine_sentiment.shutdown import Shutdown

# What BentoML imports from here on leaves no garbage, and looking for it takes long; `freeze_gc` sets it anew.
gc.set_threshold(100_000)

logger = logging.getLogger("opine.sentiment")

SERVICE = "sentiment"
# The deadline is ours; BentoML's comes later and ends what hangs. It keeps a timer a request until then.
_AFTER_DEADLINE_S = 5
# Where `bentoml serve` listens if nobody says anything else.
_BENTOML_HOST, _BENTOML_PORT = "0.0.0.0", 3000  # noqa: S104


def _settings() -> Settings:
    try:
        return get_settings()
    except SettingsError as error:
        raise BentoMLException(str(error)) from None


settings = _settings()
http = routes.application()
shutdown = Shutdown()
limit = ConcurrencyLimit(settings.max_concurrency, "requests")


@bentoml.service(
    name="opine_sentiment",
    # For `bentoml build`; the rest of what an image needs stands in pyproject.toml.
    image=bentoml.images.Image().build_include("wheels"),
    envs=[{"name": "BENTOML_DO_NOT_TRACK", "value": "True"}],  # of the image: it reports its use to nobody
    workers=1,  # the scheduler knows one engine; more capacity is more pods
    resources={"cpu": "2", "memory": "512Mi"},
    traffic={"timeout": settings.max_timeout_s + _AFTER_DEADLINE_S},
    # Metrics and access log are ours, by route and not by path; spans of the hot route would cost more than the model.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": "v1/predict,livez,readyz,metrics"},
)
@bentoml.asgi_app(http)
class Sentiment:
    """Sentiment of texts by a character-level CNN."""

    def __init__(self) -> None:
        _configure_logging()
        if settings.otlp_endpoint is not None:
            from opine_common.tracing import start_tracing  # noqa: PLC0415  costs time and memory

            start_tracing(SERVICE)
        try:
            cached = load_cached(settings)
            engine = cached or self.load_engine()
        except (ArtefactError, DeviceError) as error:
            logger.critical("the model cannot be loaded: %s", error)
            raise
        self.predictor = Predictor(settings, engine, "cache" if cached else settings.model_source)
        routes.serve(http, settings, self.predictor, limit, lambda: shutdown.ending)

    @staticmethod
    def load_engine() -> TextEngine:
        return load(settings)

    @bentoml.on_deployment
    @staticmethod
    def check_model() -> None:
        """In the supervisor, before there is a worker: what cannot be used ends the start with a sentence."""
        _configure_logging()
        _require_free_port()
        try:
            check(settings)
        except (ArtefactError, DeviceError) as error:
            raise BentoMLException(str(error)) from None

    @bentoml.on_startup
    async def start(self) -> None:
        shutdown.listen(settings.drain_s)
        self.predictor.start(_give_up)

    @bentoml.on_shutdown
    async def stop(self) -> None:
        await self.predictor.stop()

    async def __is_ready__(self) -> bool:
        return self.predictor.ready and not shutdown.requested

    async def __is_alive__(self) -> bool:
        return self.predictor.alive

    @bentoml.api
    async def predict(self, texts: list[str], explain: Explain = False, *, ctx: bentoml.Context) -> PredictResponse:
        """Score texts, in order; one that cannot be scored fails alone, in its place.

        The HTTP contract `POST /v1/predict` does the same, faster, and says why and for how long it refuses.
        """
        try:
            if len(texts) > settings.max_texts:
                raise too_many_texts(len(texts), settings.max_texts)
            deadline = read_deadline(ctx.request.headers.get(TIMEOUT_HEADER), settings)
            version = routes.chosen(self.predictor, ctx.request.headers)
            work = self.predictor.predict(texts, version=version, explain=bool(explain), deadline=deadline)
            scored = await cancel_on_disconnect(ctx.request.receive, work)
        except (RejectedError, Problem) as error:
            problem = rejected(error, len(texts)) if isinstance(error, RejectedError) else error
            raise BentoMLException(problem.detail, error_code=problem.status) from None
        except ClientDisconnect:
            ctx.response.status_code = CLIENT_CLOSED_REQUEST
            scored, texts = Scored(self.predictor.versions.serving.live.model, []), []
        return PredictResponse.model_validate_json(
            await predictions_json(scored.model, texts, scored.outcomes, explain)
        )


Sentiment.add_asgi_middleware(RequestTelemetry, service=SERVICE, closing=lambda: shutdown.requested)  # type: ignore[attr-defined]  # BentoML's SDK ships no types
Sentiment.add_asgi_middleware(  # type: ignore[attr-defined]
    UploadLimit,
    path="/predict",
    limit=limit,
    max_bytes=settings.max_body_bytes,
    timeout_s=settings.upload_timeout_s,
)
if settings.otlp_endpoint is not None:
    from opine_common.tracing import AsgiSpans

    # Beside BentoML's, whose tracer others than BentoML cannot have: the batcher's spans belong to the same trace.
    Sentiment.add_asgi_middleware(AsgiSpans)  # type: ignore[attr-defined]


def _require_free_port() -> None:
    """BentoML itself would end with a traceback that does not name the port."""
    command = click.get_current_context(silent=True)
    if command is None:
        return
    host, port = command.params.get("host") or _BENTOML_HOST, command.params.get("port") or _BENTOML_PORT
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As BentoML does: connections that linger after a stop do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise BentoMLException(
                    f"Port {port} of {host} is taken: end the program that listens there, "
                    "or choose another port with --port."
                ) from None


def _configure_logging() -> None:
    """Give all loggers of this process one format; BentoML has given some of them its own."""
    configure_logging(SERVICE, json=settings.log_json)
    logging.getLogger().setLevel(settings.log_level)
    # httpx has a line for each look at the registry.
    for name in ("bentoml", "circus", "uvicorn.error", "httpx"):
        foreign = logging.getLogger(name)
        foreign.handlers.clear()
        foreign.propagate = True
        foreign.setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_ours_to_log)
    # uvicorn prepares a line a request if anybody could read it.
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False


def _is_ours_to_log(record: logging.LogRecord) -> bool:
    """False for what a client did wrong: BentoML logs it as an error, with a traceback and the client's text in it."""
    # A bulk answer that has to be cut off ends so; bulk says why in a line of its own.
    if record.name == "uvicorn.error" and "without completing response" in record.msg:
        return False
    error = record.exc_info[1] if record.exc_info else None
    if not record.name.startswith("bentoml") or error is None:
        return True
    is_refusal = isinstance(error, BentoMLException) and error.error_code != HTTPStatus.INTERNAL_SERVER_ERROR
    return not (is_refusal or isinstance(error, ValidationError | HTTPException))


def _give_up(error: Exception) -> None:
    """End this worker; in a container BentoML then ends too, elsewhere it starts another."""
    logger.critical("the model fails its warm-up: %s", error, exc_info=error)
    signal.raise_signal(signal.SIGTERM)
