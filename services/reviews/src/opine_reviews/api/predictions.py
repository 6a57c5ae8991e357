from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews.api.answers import problems
from opine_reviews.prediction import predict
from opine_reviews.schemas.answers import PredictionsAnswer
from opine_reviews.schemas.requests import PredictionRequest

predictions = APIBlueprint("predictions", __name__, url_prefix="/api/v1")


@predictions.post("/predictions", responses={200: PredictionsAnswer, **problems(400, 413, 415, 422, 503)})
def post_prediction(body: PredictionRequest) -> Response:
    """The sentiment of a text."""
    answer = predict(body.text, explain=body.explain)
    return Response(answer.model_dump_json(exclude_none=True), content_type="application/json")
