"""Predictions: asked of the sentiment service, signed, and believed in a submission only with that signature."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

import urllib3
from itsdangerous import Signer
from opine_common.deadlines import deadline
from opine_common.http_client import HttpClient, NoAnswerError, NoAnswerInTimeError
from opine_common.prediction import (
    Abstention,
    ModelVersion,
    Prediction,
    PredictionAnswer,
    SignedPrediction,
    StoredPrediction,
)
from opine_common.problems import Problem
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from opine_reviews.bulkhead import Bulkhead
from opine_reviews.errors import invalid_field, require_length
from opine_reviews.metrics import FAILED_PREDICTIONS, REJECTED_PREDICTIONS
from opine_reviews.schemas.requests import Explain, normalise_text
from opine_reviews.settings import CommandSettings

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 2
_MAX_RETRY_AFTER_S = 60
# How long a request waits in a thread when all allowed calls are under way; it has waited without a thread before.
_TURN_S = 0.2


class TextError(BaseModel):
    code: str
    message: str


class FailedText(BaseModel):
    error: TextError


# In the order of what is usual: pydantic would otherwise weigh both for each answer.
TextAnswer = Annotated[Prediction | FailedText, Field(union_mode="left_to_right")]
TEXT_ANSWER: TypeAdapter[Prediction | FailedText] = TypeAdapter(TextAnswer)


class _Answer(BaseModel):
    model: ModelVersion
    predictions: list[TextAnswer] = Field(min_length=1, max_length=1)


def sentiment_calls(threads: int) -> int:
    """How many of the threads may wait for the sentiment service at a time."""
    return max(1, threads // 2)


class SentimentClient:
    """Asks for one text's prediction, or what one version says of many.

    Calls may take up half of the threads, so that a slow sentiment service leaves room for submissions.
    """

    def __init__(self, settings: CommandSettings, signer: "PredictionSigner") -> None:
        calls = sentiment_calls(settings.threads)
        self._bulkhead = Bulkhead(calls, wait_s=_TURN_S)
        self._signer = signer
        self._longest = settings.max_text_length
        self._timeout_s = settings.sentiment_read_timeout_s
        self._sleeps = settings.sentiment_sleeps
        self._http = HttpClient(
            str(settings.sentiment_url),
            connections=calls,
            connect_timeout_s=settings.sentiment_connect_timeout_s,
            max_connection_age_s=settings.sentiment_max_connection_age_s,
        )

    def predict(self, text: str, *, explain: Explain) -> PredictionAnswer:
        """Score `text` and sign what came of it.

        Raises:
            Problem: 503 while the service is away, busy, broken or out of its mind; 504 if it was too slow; 422 if the
                text is too long or cannot be scored.
        """
        require_length(text, self._longest)
        with self._bulkhead.place(lambda: _unavailable("busy")):
            response = self._ask("/v1/predict", json={"texts": [text], "explain": explain})
        model, prediction = _read(response)
        signature = self._signer.sign(text, _stored(model, prediction), prediction.abstention)
        return PredictionAnswer(model=model, prediction=prediction, signature=signature)

    def rescore(self, texts: Sequence[str], digest: str) -> list[Prediction | FailedText]:
        """What the version of this digest says of texts, after all whose authors wait for an answer.

        Args:
            texts: at most 100: their answers fit into the connection while the question is still being sent.
            digest: of a version that the service has loaded.

        Raises:
            Problem: 503 or 504 as `predict`; 503 while the version is not loaded.
        """
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        headers = {"Content-Type": "application/x-ndjson", "X-Model-Digest": digest}
        with self._bulkhead.place(lambda: _unavailable("busy")):
            response = self._ask("/v1/predict/bulk", body=lines.encode(), headers=headers)
        if response.status == HTTPStatus.NOT_FOUND:
            raise _not_loaded()
        if response.status != HTTPStatus.OK:
            raise _refusal(response)
        return _read_lines(response, len(texts))

    def _ask(
        self,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        try:
            # Both tries share the time.
            with deadline(self._timeout_s):
                return self._http.request(
                    "POST", path, json=json, body=body, headers=headers, timeout_s=self._timeout_s
                )
        except NoAnswerInTimeError as error:
            logger.warning("sentiment call timed out", extra={"error": str(error)})
            raise _timed_out() from error
        except NoAnswerError as error:
            logger.warning("sentiment call failed", extra={"error": str(error)})
            raise _unavailable("unreachable", asleep=self._sleeps) from error


class PredictionSigner:
    """Says which predictions are the model's, for which text: the browser that brings one back could have made it up.

    A signature has no end: what a version of the model says of a text stays true.

    Args:
        keys: oldest first; the last one signs, all are believed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._signer = Signer(keys, "opine-reviews prediction", key_derivation="hmac", digest_method=hashlib.sha256)

    def sign(self, text: str, prediction: StoredPrediction, abstention: Abstention | None = None) -> str:
        return self._signer.get_signature(_signed_bytes(text, prediction, abstention)).decode()

    def believed(self, text: str, offered: SignedPrediction | None) -> StoredPrediction | None:
        """The prediction that was offered with `text`; None if it was not made here for this text, or is none."""
        if offered is None:
            return None
        prediction = _stored(offered.model, offered)
        if self._signer.verify_signature(_signed_bytes(text, prediction, offered.abstention), offered.signature):
            # Stars that nobody should rely on were no proposal, and other ones do not correct it.
            return prediction if offered.abstention is None else None
        REJECTED_PREDICTIONS.labels("not_for_this_text" if offered.signature else "unsigned").inc()
        return None


def _signed_bytes(text: str, prediction: StoredPrediction, abstention: Abstention | None) -> bytes:
    # Added only where there is one, so that older signatures stay good; whoever leaves it out is not believed.
    added = [] if abstention is None else [abstention]
    return json.dumps([normalise_text(text), prediction.model_dump(mode="json"), *added], sort_keys=True).encode()


def _stored(model: ModelVersion | None, shown: Prediction | SignedPrediction) -> StoredPrediction:
    """What a review keeps of a prediction, and what is signed of it."""
    return StoredPrediction(stars=shown.stars, score=shown.score, label=shown.label, model=model)


def _read(response: urllib3.BaseHTTPResponse) -> tuple[ModelVersion, Prediction]:
    if response.status != HTTPStatus.OK:
        raise _refusal(response)
    try:
        answer = _Answer.model_validate_json(response.data)
    except ValidationError as error:
        logger.warning(
            "sentiment answered nonsense", extra={"errors": error.errors(include_input=False, include_url=False)[:5]}
        )
        raise _unavailable("bad_answer") from error
    prediction = answer.predictions[0]
    if isinstance(prediction, FailedText):
        raise _failed_text(prediction.error)
    return answer.model, prediction


def _read_lines(response: urllib3.BaseHTTPResponse, expected: int) -> list[Prediction | FailedText]:
    try:
        answers = [TEXT_ANSWER.validate_json(line) for line in response.data.splitlines()]
    except ValidationError as error:
        logger.warning(
            "sentiment answered nonsense", extra={"errors": error.errors(include_input=False, include_url=False)[:5]}
        )
        raise _unavailable("bad_answer") from error
    if len(answers) != expected:
        logger.warning("sentiment answered too few texts", extra={"expected": expected, "answered": len(answers)})
        raise _unavailable("bad_answer")
    return answers


def _refusal(response: urllib3.BaseHTTPResponse) -> Problem:
    retry_after = response.headers.get("Retry-After")
    match response.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _unavailable("busy", retry_after=retry_after)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE | HTTPStatus.UNPROCESSABLE_ENTITY:
            FAILED_PREDICTIONS.labels("refused_text").inc()
            return invalid_field("text", "cannot be read as it is; shorten it")
        case HTTPStatus.GATEWAY_TIMEOUT:
            return _timed_out()
    logger.warning("sentiment answered an error", extra={"status": response.status})
    return _unavailable(
        "engine" if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_answer", retry_after=retry_after
    )


def _failed_text(error: TextError) -> Problem:
    if error.code == "internal":
        logger.warning("sentiment failed at a text", extra={"error": error.message})
        return _unavailable("engine")
    FAILED_PREDICTIONS.labels("refused_text").inc()
    return invalid_field("text", "is longer than can be read" if error.code == "too_long" else "cannot be read")


def _timed_out() -> Problem:
    FAILED_PREDICTIONS.labels("timeout").inc()
    return Problem(
        504,
        "The prediction was not made in the time allowed. Try again later; reviews are still accepted.",
        kind="prediction-timeout",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def _not_loaded() -> Problem:
    return Problem(
        503,
        "The sentiment service has not loaded this version. The candidate of an open release is there within seconds; "
        "its `GET /v1/models` tells whether it was refused.",
        kind="version-not-loaded",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def _unavailable(reason: str, *, retry_after: str | None = None, asleep: bool = False) -> Problem:
    FAILED_PREDICTIONS.labels(reason).inc()
    seconds = int(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) <= 5 else _RETRY_AFTER_S  # noqa: PLR2004  digits that fit any sane wait
    detail = "The sentiment service is being started." if asleep else "No prediction can be made at the moment."
    return Problem(
        503,
        f"{detail} Try again later; reviews are still accepted.",
        kind="sentiment-asleep" if asleep else "sentiment-unavailable",
        headers={"Retry-After": str(min(max(seconds, 1), _MAX_RETRY_AFTER_S))},
    )
