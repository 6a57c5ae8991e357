"""The answer to `POST /v1/predict/bulk`, which begins before the request has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.requests import ClientDisconnect

from opine_sentiment.bulk.conversation import Conversation, StalledError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from opine_sentiment.http.gate import Gate
    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings

MEDIA_TYPE = "application/x-ndjson"

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")


class BulkResponse:
    """An ASGI application for one request, whose body nobody has read."""

    def __init__(self, settings: Settings, predictor: Predictor, gate: Gate, *, explain: bool) -> None:
        self._settings = settings
        self._predictor = predictor
        self._gate = gate
        self._explain = explain

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        with self._gate:
            headers = [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"x-model-name", self._predictor.model_name.encode()),
                (b"x-model-version", self._predictor.model_version.encode()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            try:
                await Conversation(self._settings, self._predictor, receive, send, explain=self._explain).run()
            except (ClientDisconnect, StalledError) as error:
                # Without its last chunk the client sees that the answer is cut off; what it got is right.
                logger.info("bulk request cut off", reason=type(error).__name__)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
