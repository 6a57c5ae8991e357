"""`POST /v1/predict` and the probes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from opine_telemetry.http_metrics import exposition
from starlette.responses import PlainTextResponse, Response

from opine_sentiment.batching.request import Failed
from opine_sentiment.http.body import read_body
from opine_sentiment.http.deadline import HEADER, read_deadline
from opine_sentiment.http.departure import unless_client_leaves
from opine_sentiment.http.predict_answer import answer_json
from opine_sentiment.http.predict_request import parse_predict_request
from opine_sentiment.http.problems import unavailable
from opine_sentiment.http.refusal import REFUSALS, refusal
from opine_sentiment.metrics import PREDICTIONS, TEXT_ERRORS
from opine_sentiment.text_errors import INTERNAL, TextError, text_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.prediction import Prediction
    from starlette.requests import Request

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings


class Routes:
    """The endpoints, bound to one predictor."""

    def __init__(self, settings: Settings, predictor: Predictor) -> None:
        self._settings = settings
        self._predictor = predictor

    async def predict(self, request: Request) -> Response:
        deadline = read_deadline(request.headers.get(HEADER), self._settings)
        body = await read_body(request, self._settings.max_body_bytes)
        asked = parse_predict_request(body, self._settings.max_texts)
        outcomes = await unless_client_leaves(
            request.receive, self._outcomes(asked.texts, explain=asked.explain, deadline=deadline)
        )
        engine = self._predictor.engine
        if engine is None:
            raise unavailable("the model is not ready")
        _count(outcomes, engine.version)
        return Response(await answer_json(engine.name, engine.version, outcomes), media_type="application/json")

    async def livez(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(self, _request: Request) -> Response:
        if not self._predictor.ready:
            raise unavailable("the model has not answered its warm-up yet")
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        body, content_type = exposition(request.headers.get("accept"))
        return Response(body, headers={"Content-Type": content_type})

    async def _outcomes(self, texts: list[str], *, explain: bool, deadline: float) -> list[Prediction | TextError]:
        """Score the texts that can be scored, each answer in its text's place."""
        outcomes: list[Prediction | TextError | None] = [
            text_error(text, self._settings.max_characters) for text in texts
        ]
        places = [index for index, error in enumerate(outcomes) if error is None]
        try:
            answers = await self._predictor.predict(
                [texts[index] for index in places], explain=explain, deadline=deadline
            )
        except REFUSALS as error:
            raise refusal(error, len(places), self._settings) from None
        for index, answer in zip(places, answers, strict=True):
            outcomes[index] = INTERNAL if isinstance(answer, Failed) else answer
        return cast("list[Prediction | TextError]", outcomes)


def _count(outcomes: Sequence[Prediction | TextError], model_version: str) -> None:
    for outcome in outcomes:
        if isinstance(outcome, TextError):
            TEXT_ERRORS.labels(outcome.code).inc()
        else:
            PREDICTIONS.labels(outcome.label, model_version).inc()
