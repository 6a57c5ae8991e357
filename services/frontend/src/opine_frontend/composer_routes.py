"""What the composer asks this server: `POST /predict` at each pause in typing, `POST /submit` to save.

Plain JSON routes instead of Dash callbacks. `/predict` is on the path of every keystroke: no walk through Dash's
dependency graph on either side, the browser can abort it, and its answer is a few hundred bytes. `/submit` must let the
page tell a lost network from an error and keep the text.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import pydantic
from flask import Flask, Response, jsonify, request
from opine_common.prediction import PredictionAnswer, WordContribution
from opine_common.text import FUNCTION_WORDS
from pydantic import BaseModel, Field
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from opine_frontend.reviews_api.client import ReviewsApi, client_headers
from opine_frontend.reviews_api.errors import ReviewsApiError, UnexpectedAnswerError
from opine_frontend.reviews_api.schemas import MAX_TEXT_LENGTH, NewReview
from opine_frontend.user_messages import NOT_JUDGED, UserMessage, prediction_error, submission_error

# Four bytes a character at most, twelve where JSON escapes it, and room for the rest of a review.
MAX_BODY_BYTES = 12 * MAX_TEXT_LENGTH + 16 * 1024

# Square roots of the shares of the strongest word: contributions are so uneven that a linear scale shows one word only.
# Below the first a word says nothing either way, from the second and the third on it is stronger.
_STEPS = (0.25, 0.5, 0.75)
# The scale's floor for a text of n words is the smaller of 6 / n and 1.5: chosen by eye with the shipped model, so that
# a plain statement ("The parcel arrived on Tuesday.") is not painted like a strong one.
_FLOOR_TOTAL = 6.0
_LARGEST_FLOOR = 1.5

_AROUND_A_WORD = ".,;:!?\"'()[]-\u2013\u2014\u2026\u201c\u201d\u2018\u2019"

# Code points that take two UTF-16 code units.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

Body = TypeVar("Body", bound=BaseModel)


class PredictRequest(BaseModel):
    text: str


class SubmitRequest(BaseModel):
    key: str = Field(pattern=r"^[A-Za-z0-9-]{16,64}$")
    review: NewReview


class Highlight(NamedTuple):
    """A word that speaks for (level > 0) or against (level < 0) the brand.

    `start` and `end` count UTF-16 code units, as JavaScript's strings do. The size of `level` is 1 to 3.
    """

    start: int
    end: int
    level: int


def register_composer_routes(server: Flask, api: ReviewsApi) -> None:
    @server.post("/predict")
    def predict() -> Response:
        text = _read_json(PredictRequest).text
        try:
            answer = api.predict(text, client=client_headers())
            if answer.prediction.abstention is not None:
                return _error(NOT_JUDGED[answer.prediction.abstention])
            return jsonify(_for_page(text, answer))
        except ReviewsApiError as error:
            return _error(prediction_error(error))

    @server.post("/submit")
    def submit() -> tuple[Response, int] | Response:
        body = _read_json(SubmitRequest)
        try:
            saved = api.create_review(body.review, idempotency_key=body.key, client=client_headers())
        except ReviewsApiError as error:
            return _error(submission_error(error))
        return jsonify(id=saved.id), 201


def _read_json(schema: type[Body]) -> Body:
    """Only `application/json` is read: a form on another site cannot send it without asking first (CORS)."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    if request.content_length is None or request.content_length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    try:
        return schema.model_validate_json(request.get_data(cache=False))
    except pydantic.ValidationError as error:
        raise BadRequest from error


def _error(message: UserMessage) -> Response:
    answer = jsonify(message.as_json())
    answer.status_code = message.status
    if message.retry_after_s is not None:
        answer.headers["Retry-After"] = str(message.retry_after_s)
    return answer


def _for_page(text: str, answer: PredictionAnswer) -> dict[str, object]:
    """A prediction as the page paints it: with highlights.

    Raises:
        UnexpectedAnswerError: the words are not those of the text.
    """
    prediction = answer.prediction
    try:
        spans = highlights(text, prediction.words or ())
    except ValueError as error:
        raise UnexpectedAnswerError(str(error)) from error
    return {
        "score": prediction.score,
        "label": prediction.label,
        "stars": prediction.stars,
        "probabilities": [round(probability, 4) for probability in prediction.star_probabilities],
        "model": answer.model.model_dump(),
        "signature": answer.signature,
        "highlights": spans,
    }


def highlights(text: str, words: Sequence[WordContribution]) -> list[Highlight]:
    """Grade words against the text's strongest.

    Args:
        text: the text that was scored.
        words: all of its words, in order.

    Raises:
        ValueError: words overlap, are out of order or outside the text.
    """
    edges = [edge for word in words for edge in (word.start, word.end)]
    if edges != sorted(edges) or (edges and edges[-1] > len(text)):
        raise ValueError(f"words overlap or leave the text of {len(text)} code points")
    contributions = _given_to_content(text, words)
    floor = min(_LARGEST_FLOOR, _FLOOR_TOTAL / max(1, len(words)))
    scale = max([floor, *map(abs, contributions)])
    astral = [match.start() for match in _ASTRAL.finditer(text)]
    return [
        Highlight(word.start + bisect_left(astral, word.start), word.end + bisect_left(astral, word.end), level)
        for word, contribution in zip(words, contributions, strict=True)
        if (level := _level(contribution / scale))
    ]


def _given_to_content(text: str, words: Sequence[WordContribution]) -> list[float]:
    """Contributions by word, those of function words added to the next other word, or after the last one to that."""
    # The network reads "was" within "was awful", so much of what "awful" says stands at the word before it; nobody
    # takes "was" for a reason.
    given = [0.0] * len(words)
    carried, last = 0.0, None
    for index, word in enumerate(words):
        carried += word.contribution
        if text[word.start : word.end].strip(_AROUND_A_WORD).replace("\u2019", "'").lower() not in FUNCTION_WORDS:
            given[index], carried, last = carried, 0.0, index
    if last is None:  # there is nothing else to show
        return [word.contribution for word in words]
    given[last] += carried
    return given


def _level(share: float) -> int:
    size = sum(math.sqrt(abs(share)) >= step for step in _STEPS)
    return size if share > 0 else -size
