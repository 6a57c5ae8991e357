"""`POST /predict`: what the page needs to show the sentiment of a text, and nothing more.

A plain JSON route instead of a Dash callback, because it is on the path of every keystroke: no walk through Dash's
dependency graph on either side, the browser can abort it, and its answer is a few hundred bytes.
"""

from flask import Flask, Response, jsonify
from pydantic import BaseModel

from opine_frontend.advice import about_predicting
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError, UnexpectedAnswerError
from opine_frontend.reviews_api.models import Predicted
from opine_frontend.server.bodies import read_body, refusal
from opine_frontend.word_spans import word_spans


class PredictRequest(BaseModel):
    text: str


def add_predict_route(server: Flask, api: ReviewsApi) -> None:
    @server.post("/predict")
    def predict() -> Response:
        text = read_body(PredictRequest).text
        try:
            return jsonify(reading(text, api.predict(text)))
        except ReviewsApiError as error:
            return refusal(about_predicting(error))


def reading(text: str, predicted: Predicted) -> dict[str, object]:
    """A prediction as the page paints it: with graded words.

    Raises:
        UnexpectedAnswerError: the words are not those of the text.
    """
    prediction = predicted.prediction
    try:
        spans = word_spans(text, prediction.words)
    except ValueError as error:
        raise UnexpectedAnswerError(str(error)) from error
    return {
        "score": prediction.score,
        "label": prediction.label,
        "stars": prediction.stars,
        "probabilities": [round(probability, 4) for probability in prediction.star_probabilities],
        "model": predicted.model.model_dump(),
        "spans": spans,
    }
