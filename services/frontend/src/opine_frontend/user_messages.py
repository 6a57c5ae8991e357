"""What a person is told when the reviews API did not do what was asked: what happened, and what to do."""

from http import HTTPStatus
from typing import NamedTuple

from opine_common.prediction import Abstention

from opine_frontend.reviews_api.errors import (
    Asleep,
    Busy,
    Forbidden,
    Hidden,
    Invalid,
    KeyReused,
    NotFound,
    NotLoaded,
    Problem,
    ReviewsApiError,
    Stale,
    StepRefused,
    TimedOut,
    TooMany,
    UnreachableError,
)


class UserMessage(NamedTuple):
    """`reason` and `status` are for programs, the rest is for people."""

    # assets/js/composer_state.js and composer_view.js decide by it what is worth another try.

    reason: str
    status: int
    title: str
    text: str
    retry_after_s: int | None = None

    @property
    def line(self) -> str:
        """Title and text where there is no room for both."""
        return f"{self.title}. {self.text}"

    def as_json(self) -> dict[str, object]:
        return {"reason": self.reason, "title": self.title, "text": self.text, "retry_after_s": self.retry_after_s}


NOT_JUDGED: dict[Abstention, UserMessage] = {
    "language": UserMessage(
        "not_judged", 422, "Not judged", "I can't judge this language yet \u2013 choose the stars yourself."
    ),
    "no_opinion": UserMessage(
        "not_judged",
        422,
        "Not judged",
        "I can't find an opinion yet \u2013 go on writing, or choose the stars yourself.",
    ),
}
"""Where the model abstains, nothing is proposed."""

SESSION_ENDED = UserMessage("logged_out", 403, "Your session has ended", "Log in again to go on.")


def page_error(error: ReviewsApiError) -> UserMessage:
    """For pages and lists."""
    if isinstance(error, NotFound):
        return UserMessage("not_found", 404, "We can't find that", "It may have been renamed or removed.")
    if isinstance(error, Invalid):
        if _concerns(error, "cursor"):
            return UserMessage("invalid", 422, "This list has changed meanwhile", "Open it again from its beginning.")
        return UserMessage("invalid", 422, "This search does not work", _details(error))
    return _unreachable(error)


def prediction_error(error: ReviewsApiError) -> UserMessage:
    if isinstance(error, TooMany):
        title = "Opine pauses: too many texts came from your address"
        return UserMessage("sentiment_away", 429, title, "You can submit your review as usual.", error.retry_after_s)
    if isinstance(error, TimedOut):
        return UserMessage(
            "sentiment_late",
            504,
            "Reading your text takes too long",
            "Opine tries again by itself. You can also choose the stars yourself and submit as usual.",
            error.retry_after_s,
        )
    if isinstance(error, Asleep):
        return UserMessage(
            "sentiment_away",
            503,
            "Opine is waking up",
            "It will read your text within a minute or two. You can already choose the stars yourself and submit.",
            error.retry_after_s,
        )
    if isinstance(error, Busy):
        return UserMessage(
            "sentiment_away",
            503,
            "Opine cannot read your text at the moment",
            "Choose the stars yourself; you can submit your review as usual.",
            error.retry_after_s,
        )
    if isinstance(error, Invalid):
        return UserMessage("unreadable", 422, "Opine cannot read this text", _details(error))
    return _unreachable(error)


def submission_error(error: ReviewsApiError) -> UserMessage:
    if isinstance(error, NotFound) or _concerns(error, "brand"):
        return UserMessage(
            "not_found", 404, "This brand is no longer here", "It was renamed or removed. Choose another brand."
        )
    if isinstance(error, KeyReused | Hidden):
        return _saved_before(error)
    if isinstance(error, Invalid):
        return UserMessage("invalid", 422, "Please change your review", _details(error))
    if isinstance(error, Busy):
        return _not_saved_yet(error)
    if isinstance(error, UnreachableError):
        title = "Not saved yet: the server is not answering"
        return UserMessage("unreachable", 503, title, "You can try again: your review is stored once.")
    title = "Not saved yet: something went wrong on our side"
    return UserMessage("failed", 502, title, "Please try again.")


def _saved_before(error: KeyReused | Hidden) -> UserMessage:
    if isinstance(error, KeyReused):
        return UserMessage("already_saved", 409, "This review is saved already", "It was saved in other words.")
    text = "It was saved, and an admin of this site has hidden it since. It is not sent again."
    return UserMessage("hidden", 409, "This review was taken down", text)


def _not_saved_yet(error: Busy) -> UserMessage:
    if isinstance(error, TooMany):
        title = "Not saved yet: too many reviews came from your address"
        return UserMessage("busy", 429, title, "Your words are kept. Try again in a while.", error.retry_after_s)
    title = "Not saved yet: the server is busy"
    return UserMessage("busy", 503, title, "Try again in a moment.", error.retry_after_s)


def admin_error(error: ReviewsApiError) -> UserMessage:
    if isinstance(error, Forbidden):
        return UserMessage(
            "forbidden",
            502,
            "The reviews API does not accept the admin token",
            "OPINE_FRONTEND_ADMIN_TOKEN and OPINE_REVIEWS_ADMIN_TOKEN must be the same.",
        )
    if isinstance(error, NotFound):
        return UserMessage("not_found", 404, "This is already gone", "Nothing was changed.")
    return page_error(error)


def release_error(error: ReviewsApiError) -> UserMessage:
    """For what is read and decided about model versions."""
    if isinstance(error, Stale):
        return UserMessage(
            "stale",
            409,
            "Nothing was changed: the plan is another one by now",
            "Somebody else, or the judge, has decided since you read it. Reload, look again, then decide.",
        )
    if isinstance(error, StepRefused):
        return UserMessage("refused", 409, "Nothing was changed: the plan does not allow this", error.details.detail)
    if isinstance(error, NotLoaded):
        return UserMessage(
            "not_loaded",
            503,
            "The candidate is not loaded yet",
            "It usually is within seconds. If it was refused, the judge takes it back and the history says why.",
        )
    if isinstance(error, TimedOut):
        return UserMessage("late", 504, "Both versions together took too long", "Try again when fewer people write.")
    if isinstance(error, Forbidden) and error.status == HTTPStatus.FORBIDDEN:
        return UserMessage(
            "forbidden",
            502,
            "Releases are switched off",
            "The reviews API has no registry token: set OPINE_REVIEWS_REGISTRY_TOKEN there.",
        )
    return admin_error(error)


def _unreachable(error: ReviewsApiError) -> UserMessage:
    retry_after_s = error.retry_after_s if isinstance(error, Problem) else None
    title = "Opine's server is not answering"
    return UserMessage("unreachable", 503, title, "It is usually back within a minute.", retry_after_s)


# What the API's fields are on the pages; its messages go on from there.
_NAMES = {
    "brand": "The brand",
    "label": "The sentiment",
    "q": "Your search",
    "sector": "The sector",
    "stars": "The number of stars",
    "text": "Your review",
}


def _concerns(error: ReviewsApiError, field: str) -> bool:
    return isinstance(error, Problem) and any(entry.field == field for entry in error.details.errors)


def _details(error: Problem) -> str:
    """What is wrong with which field, in sentences."""
    known = [entry for entry in error.details.errors if entry.field in _NAMES]
    sentences = [f"{_NAMES[entry.field]} {entry.message}." for entry in known]
    return " ".join(sentences) or "Opine could not take it as it is."
