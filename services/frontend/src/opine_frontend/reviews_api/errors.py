"""What can go wrong between the pages and the reviews API."""

from collections.abc import Mapping
from http.client import responses

from pydantic import BaseModel, ValidationError


class ReviewsApiError(Exception):
    """Any call of the reviews API that brought no usable answer."""


class UnreachableError(ReviewsApiError):
    """No answer: connection refused, name unknown or timed out. A write may have happened all the same."""


class UnexpectedAnswerError(ReviewsApiError):
    """An answer that breaks the contract."""


class FieldError(BaseModel):
    field: str
    message: str


class ProblemDetails(BaseModel):
    """The body of an error (RFC 9457)."""

    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class Problem(ReviewsApiError):  # noqa: N818  the name in RFC 9457
    """The API answered with an error."""

    def __init__(self, status: int, details: ProblemDetails | None = None, *, retry_after_s: int | None = None) -> None:
        self.status = status
        self.details = details or ProblemDetails()
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.details.title}: {self.details.detail}".removesuffix(": "))


class Invalid(Problem):
    """400, 413 or 422: the same request will fail again."""


class KeyReused(Invalid):
    """The Idempotency-Key belongs to another review that is stored."""


class Hidden(Problem):
    """409: the review with this Idempotency-Key was stored, and an admin has hidden it since."""


class Forbidden(Problem):
    """401 or 403: the token is missing or wrong."""


class NotFound(Problem):
    """404."""


class Busy(Problem):
    """429 or 503: worth another try later."""


class TooMany(Busy):
    """429: this client asked for more than one may."""


class TimedOut(Busy):
    """504: the API could not do it in the time that it was given."""


class Asleep(Busy):
    """503: the sentiment service had no pod, because nobody asked, and has one soon."""


class Stale(Problem):
    """409: somebody else has decided since the release plan was read."""


class StepRefused(Problem):
    """409: the release plan does not allow this step; the detail says why."""


class NotLoaded(Busy):
    """503: the sentiment service does not have this model version, or not yet."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    413: Invalid,
    422: Invalid,
    429: TooMany,
    503: Busy,
    504: TimedOut,
}
# Before the status: 409 says that there is a conflict, the type which one.
_BY_TYPE: dict[str, type[Problem]] = {
    "urn:opine:problem:idempotency-key-reused": KeyReused,
    "urn:opine:problem:review-hidden": Hidden,
    "urn:opine:problem:stale-revision": Stale,
    "urn:opine:problem:step-refused": StepRefused,
    "urn:opine:problem:release-ended": StepRefused,
    "urn:opine:problem:version-not-loaded": NotLoaded,
    "urn:opine:problem:sentiment-asleep": Asleep,
}


def problem_from(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """Read problem details; a proxy's page in their place still gives a Problem, by its status."""
    try:
        details = ProblemDetails.model_validate_json(body)
    except ValidationError:
        details = ProblemDetails()
    details.title = details.title or responses.get(status, "Error")
    # The API does not use the date form of Retry-After.
    retry_after = headers.get("Retry-After", "")
    seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
    kind = _BY_TYPE.get(details.type) or _BY_STATUS.get(status, Problem)
    return kind(status, details, retry_after_s=seconds)
