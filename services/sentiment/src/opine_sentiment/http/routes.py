"""`POST /v1/predict`, `POST /v1/predict/bulk` and the probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_telemetry.http_metrics import exposition
from starlette.responses import PlainTextResponse, Response

from opine_sentiment.http.body import read_body
from opine_sentiment.http.bulk_response import BulkResponse
from opine_sentiment.http.deadline import HEADER, read_deadline
from opine_sentiment.http.departure import unless_client_leaves
from opine_sentiment.http.gate import Gate
from opine_sentiment.http.predict_answer import answer_json
from opine_sentiment.http.predict_request import parse_explain, parse_predict_request
from opine_sentiment.http.problems import unavailable
from opine_sentiment.http.refusal import REFUSALS, refusal
from opine_sentiment.scoring import score
from opine_sentiment.text_errors import text_error

if TYPE_CHECKING:
    from starlette.requests import Request

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings


class Routes:
    """The endpoints, bound to one predictor."""

    def __init__(self, settings: Settings, predictor: Predictor) -> None:
        self._settings = settings
        self._predictor = predictor
        self._gate = Gate(settings.max_concurrency, "requests")
        self._bulk_gate = Gate(settings.max_bulk, "bulk requests")

    async def predict(self, request: Request) -> Response:
        with self._gate:
            settings = self._settings
            deadline = read_deadline(request.headers.get(HEADER), settings)
            body = await read_body(request, settings.max_body_bytes, settings.upload_timeout_s)
            asked = parse_predict_request(body, settings.max_texts)
            texts = [text_error(text, settings.max_characters) or text for text in asked.texts]
            work = score(self._predictor, texts, explain=asked.explain, deadline=deadline)
            try:
                outcomes = await unless_client_leaves(request.receive, work)
            except REFUSALS as error:
                raise refusal(error, len(texts), settings) from None
            answer = await answer_json(self._predictor.model_name, self._predictor.model_version, outcomes)
            return Response(answer, media_type="application/json")

    async def bulk(self, request: Request) -> BulkResponse:
        if not self._predictor.loaded:
            raise unavailable(self._predictor.obstacle)
        explain = parse_explain(request.query_params)
        return BulkResponse(self._settings, self._predictor, self._bulk_gate, explain=explain)

    async def livez(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(self, _request: Request) -> Response:
        if not self._predictor.loaded:
            raise unavailable(self._predictor.obstacle)
        if self._predictor.draining:
            raise unavailable("the service is shutting down")
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        body, content_type = exposition(request.headers.get("accept"))
        return Response(body, headers={"Content-Type": content_type})
