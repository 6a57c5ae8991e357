"""The client of the sentiment service: short timeouts, kept connections, and a share of the threads at most."""

from threading import BoundedSemaphore

import structlog
import urllib3
from opine_telemetry.request_ids import outgoing_headers
from pydantic import BaseModel, Field, ValidationError

from opine_reviews.metrics import FAILED_PREDICTIONS
from opine_reviews.problems import Problem, invalid_field
from opine_reviews.schemas.answers import ModelAnswer, PredictionAnswer, PredictionsAnswer
from opine_reviews.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)

_RETRY_AFTER_S = 2
_MAX_RETRY_AFTER_S = 60
# How long a request waits for its turn when all allowed calls are under way.
_TURN_S = 0.2


class _TextError(BaseModel):
    code: str
    message: str


class _FailedText(BaseModel):
    error: _TextError


class _Answer(BaseModel):
    model: ModelAnswer
    predictions: list[PredictionAnswer | _FailedText] = Field(min_length=1, max_length=1)


class SentimentClient:
    """Asks for one text's prediction.

    Calls may take up half of the threads, so that a slow sentiment service leaves room for submissions.
    """

    def __init__(self, settings: Settings) -> None:
        calls = max(1, settings.threads // 2)
        self._turns = BoundedSemaphore(calls)
        self._pool = urllib3.PoolManager(
            maxsize=calls,
            retries=False,
            timeout=urllib3.Timeout(
                connect=settings.sentiment_connect_timeout_s,
                read=settings.sentiment_read_timeout_s,
            ),
        )
        self._url = str(settings.sentiment_url).rstrip("/") + "/v1/predict"

    def predict(self, text: str, *, explain: bool) -> PredictionsAnswer:
        """Score `text`.

        Raises:
            Problem: 503 while the service is away, slow, busy or out of its mind; 422 if the text cannot be scored.
        """
        if not self._turns.acquire(timeout=_TURN_S):
            raise _unavailable("busy")
        try:
            response = self._post({"texts": [text], "explain": explain})
        finally:
            self._turns.release()
        return _read(response)

    def _post(self, body: dict[str, object]) -> urllib3.BaseHTTPResponse:
        headers = outgoing_headers()
        try:
            try:
                return self._pool.request("POST", self._url, json=body, headers=headers)
            except urllib3.exceptions.ProtocolError:
                # The service closed a kept connection just as it was used; scoring twice does no harm.
                return self._pool.request("POST", self._url, json=body, headers=headers)
        except urllib3.exceptions.TimeoutError as error:
            logger.warning("sentiment call failed", error=str(error))
            raise _unavailable("timeout") from error
        except urllib3.exceptions.HTTPError as error:
            logger.warning("sentiment call failed", error=str(error))
            raise _unavailable("unreachable") from error


def _read(response: urllib3.BaseHTTPResponse) -> PredictionsAnswer:
    if response.status == 429:  # noqa: PLR2004  Too Many Requests
        raise _unavailable("busy", retry_after=response.headers.get("Retry-After"))
    if response.status in (413, 422):
        FAILED_PREDICTIONS.labels("refused_text").inc()
        raise invalid_field("text", "the sentiment service does not score this text; shorten it")
    if response.status != 200:  # noqa: PLR2004  OK
        logger.warning("sentiment answered an error", status=response.status)
        raise _unavailable("bad_answer")
    try:
        answer = _Answer.model_validate_json(response.data)
    except ValidationError as error:
        logger.warning("sentiment answered nonsense", errors=error.errors(include_input=False, include_url=False)[:5])
        raise _unavailable("bad_answer") from error
    prediction = answer.predictions[0]
    if isinstance(prediction, _FailedText):
        FAILED_PREDICTIONS.labels("refused_text").inc()
        raise invalid_field("text", prediction.error.message)
    return PredictionsAnswer(model=answer.model, prediction=prediction)


def _unavailable(reason: str, *, retry_after: str | None = None) -> Problem:
    FAILED_PREDICTIONS.labels(reason).inc()
    seconds = int(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) <= 5 else _RETRY_AFTER_S  # noqa: PLR2004  digits that fit any sane wait
    return Problem(
        503,
        "No prediction can be made at the moment. Try again later; reviews are still accepted.",
        kind="sentiment-unavailable",
        headers={"Retry-After": str(min(max(seconds, 1), _MAX_RETRY_AFTER_S))},
    )
