"""What the live model says of many stored texts, word by word, by the bulk route, where visitors pass first."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import urllib3
from opine_common.http_client import HttpClient, NoAnswerError
from opine_common.prediction import Prediction
from pydantic import ValidationError

from opine_reviews.predictions import TEXT_ANSWER, FailedText
from opine_reviews.settings import CommandSettings

# Of one request, which is sent whole before its answer is read: within what the service reads ahead of its answers.
_MOST_TEXTS = 100
_MOST_CHARACTERS = 40_000
_TIMEOUT_S = 60.0

_Review = TypeVar("_Review")


class ReadingError(Exception):
    """Reviews could not be read now; the message says why. They stay for the next run."""


@dataclass(frozen=True)
class BulkAnswers:
    model_digest: str
    # One a text, in order.
    predictions: list[Prediction | FailedText]


class BulkSentiment:
    def __init__(self, settings: CommandSettings) -> None:
        self._http = HttpClient(
            str(settings.sentiment_url),
            connections=1,
            connect_timeout_s=settings.sentiment_connect_timeout_s,
            max_connection_age_s=settings.sentiment_max_connection_age_s,
        )

    def ask(self, texts: Sequence[str]) -> BulkAnswers:
        """As many as `in_requests` puts together.

        Raises:
            ReadingError: no answer, or one that is none.
        """
        body = "".join(json.dumps({"text": one}, ensure_ascii=False) + "\n" for one in texts).encode()
        try:
            response = self._http.request(
                "POST",
                "/v1/predict/bulk?explain=words",
                body=body,
                headers={"Content-Type": "application/x-ndjson"},
                timeout_s=_TIMEOUT_S,
            )
        except NoAnswerError as error:
            raise ReadingError(f"the sentiment service cannot be asked: {error}") from error
        return _parse(response, len(texts))


def in_requests(reviews: Iterable[_Review], text: Callable[[_Review], str]) -> Iterator[list[_Review]]:
    """As many reviews at a time as one request may ask for."""
    request: list[_Review] = []
    characters = 0
    for review in reviews:
        length = len(text(review))
        if request and (len(request) == _MOST_TEXTS or characters + length > _MOST_CHARACTERS):
            yield request
            request, characters = [], 0
        request.append(review)
        characters += length
    if request:
        yield request


def _parse(response: urllib3.BaseHTTPResponse, expected: int) -> BulkAnswers:
    if response.status != HTTPStatus.OK:
        raise ReadingError(f"the sentiment service answered with status {response.status}")
    try:
        predictions = [TEXT_ANSWER.validate_json(line) for line in response.data.splitlines()]
        digest = response.headers["X-Model-Digest"]
    except (ValidationError, KeyError) as error:
        raise ReadingError("the sentiment service answered what it should not") from error
    if len(predictions) != expected:
        raise ReadingError(f"the sentiment service answered {len(predictions)} of {expected} texts")
    return BulkAnswers(digest, predictions)
