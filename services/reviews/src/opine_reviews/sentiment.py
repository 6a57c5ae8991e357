"""The client of the sentiment service: little time, and a share of the threads at most."""

from http import HTTPStatus
from typing import Annotated

import structlog
import urllib3
from opine_common.deadlines import deadline
from opine_common.http_client import HttpClient, NoAnswerError, NoAnswerInTimeError
from opine_common.prediction import ModelVersion
from opine_common.problems import Problem
from pydantic import BaseModel, Field, ValidationError

from opine_reviews.bulkhead import Bulkhead
from opine_reviews.errors import invalid_field, require_length
from opine_reviews.metrics import FAILED_PREDICTIONS, KnownVersions
from opine_reviews.schemas.answers import PredictionAnswer, PredictionsAnswer
from opine_reviews.schemas.requests import Explain
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


# In the order of what is usual: pydantic would otherwise weigh both for each answer.
_TextAnswer = Annotated[PredictionAnswer | _FailedText, Field(union_mode="left_to_right")]


class _Answer(BaseModel):
    model: ModelVersion
    predictions: list[_TextAnswer] = Field(min_length=1, max_length=1)


class SentimentClient:
    """Asks for one text's prediction, and notes the model version for the metrics.

    Calls may take up half of the threads, so that a slow sentiment service leaves room for submissions.
    """

    def __init__(self, settings: Settings, known_versions: KnownVersions) -> None:
        calls = max(1, settings.threads // 2)
        self._bulkhead = Bulkhead(calls, wait_s=_TURN_S)
        self._known_versions = known_versions
        self._longest = settings.max_text_length
        self._timeout_s = settings.sentiment_read_timeout_s
        self._http = HttpClient(
            str(settings.sentiment_url),
            connections=calls,
            connect_timeout_s=settings.sentiment_connect_timeout_s,
            max_connection_age_s=settings.sentiment_max_connection_age_s,
        )

    def predict(self, text: str, *, explain: Explain) -> PredictionsAnswer:
        """Score `text`.

        Raises:
            Problem: 503 while the service is away, busy, broken or out of its mind; 504 if it was too slow; 422 if the
                text is too long or cannot be scored.
        """
        require_length(text, self._longest)
        with self._bulkhead.place(lambda: _unavailable("busy")):
            response = self._ask({"texts": [text], "explain": explain})
        answer = _read(response)
        self._known_versions.add(answer.model.version)
        return answer

    def _ask(self, body: dict[str, object]) -> urllib3.BaseHTTPResponse:
        try:
            # Both tries share the time.
            with deadline(self._timeout_s):
                return self._http.request("POST", "/v1/predict", json=body, timeout_s=self._timeout_s)
        except NoAnswerInTimeError as error:
            logger.warning("sentiment call timed out", error=str(error))
            raise _timed_out() from error
        except NoAnswerError as error:
            logger.warning("sentiment call failed", error=str(error))
            raise _unavailable("unreachable") from error


def _read(response: urllib3.BaseHTTPResponse) -> PredictionsAnswer:
    if response.status != HTTPStatus.OK:
        raise _refusal(response)
    try:
        answer = _Answer.model_validate_json(response.data)
    except ValidationError as error:
        logger.warning("sentiment answered nonsense", errors=error.errors(include_input=False, include_url=False)[:5])
        raise _unavailable("bad_answer") from error
    prediction = answer.predictions[0]
    if isinstance(prediction, _FailedText):
        raise _failed_text(prediction.error)
    return PredictionsAnswer(model=answer.model, prediction=prediction)


def _refusal(response: urllib3.BaseHTTPResponse) -> Problem:
    retry_after = response.headers.get("Retry-After")
    match response.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _unavailable("busy", retry_after=retry_after)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE | HTTPStatus.UNPROCESSABLE_ENTITY:
            FAILED_PREDICTIONS.labels("refused_text").inc()
            return invalid_field("text", "the sentiment service does not score this text; shorten it")
        case HTTPStatus.GATEWAY_TIMEOUT:
            return _timed_out()
    logger.warning("sentiment answered an error", status=response.status)
    return _unavailable(
        "engine" if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_answer", retry_after=retry_after
    )


def _failed_text(error: _TextError) -> Problem:
    if error.code == "internal":
        logger.warning("sentiment failed at a text", error=error.message)
        return _unavailable("engine")
    FAILED_PREDICTIONS.labels("refused_text").inc()
    return invalid_field("text", error.message)


def _timed_out() -> Problem:
    FAILED_PREDICTIONS.labels("timeout").inc()
    return Problem(
        504,
        "The prediction was not made in the time allowed. Try again later; reviews are still accepted.",
        kind="prediction-timeout",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def _unavailable(reason: str, *, retry_after: str | None = None) -> Problem:
    FAILED_PREDICTIONS.labels(reason).inc()
    seconds = int(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) <= 5 else _RETRY_AFTER_S  # noqa: PLR2004  digits that fit any sane wait
    return Problem(
        503,
        "No prediction can be made at the moment. Try again later; reviews are still accepted.",
        kind="sentiment-unavailable",
        headers={"Retry-After": str(min(max(seconds, 1), _MAX_RETRY_AFTER_S))},
    )
