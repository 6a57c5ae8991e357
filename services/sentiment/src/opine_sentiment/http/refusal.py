"""What a caller is told whose texts are not computed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_sentiment.batching.refusals import ClosedError, ExpiredError, OverloadedError
from opine_sentiment.http.problems import Problem, unavailable
from opine_sentiment.predictor import NotReadyError

if TYPE_CHECKING:
    from opine_sentiment.settings import Settings

REFUSALS = (NotReadyError, ClosedError, OverloadedError, ExpiredError)


def refusal(error: Exception, texts: int, settings: Settings) -> Problem:
    """The answer to one of `REFUSALS`."""
    if isinstance(error, NotReadyError):
        return unavailable(str(error))
    if isinstance(error, ClosedError):
        return unavailable("the service is shutting down")
    if isinstance(error, ExpiredError):
        return Problem(
            HTTPStatus.GATEWAY_TIMEOUT,
            "the engine was slower than expected and the time allowed is over",
            headers={"Retry-After": "1"},
        )
    if isinstance(error, OverloadedError):
        detail = (
            f"{texts} more texts do not fit the queue of {settings.max_queue_rows}"
            if error.reason == "queue_full"
            else f"{texts} texts would be answered {error.wait_s:.3f} s too late"
        )
        return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(error.retry_after)})
    raise error
