"""What a person is told when the reviews API did not do what was asked: what happened, and what to do."""

from dataclasses import dataclass

from opine_frontend.reviews_api.errors import (
    Busy,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    ReviewsApiError,
    TimedOut,
    UnreachableError,
)


@dataclass(frozen=True)
class Advice:
    """`reason` is for programs, the rest for people."""

    reason: str
    title: str
    text: str
    status: int
    retry_after_s: int | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "reason": self.reason,
            "title": self.title,
            "text": self.text,
            "retry_after_s": self.retry_after_s,
        }


SESSION_ENDED = Advice("logged_out", "Your session has ended", "Log in again to go on.", 403)


def about_reading(error: ReviewsApiError) -> Advice:
    """For pages that show something."""
    if isinstance(error, NotFound):
        return Advice("not_found", "We don't know that one", "It may have been renamed or removed.", 404)
    if isinstance(error, Invalid):
        return Advice("invalid", "That cannot be searched for", _reason(error), 422)
    return Advice("unreachable", *_AWAY, 503, _retry_after(error))


def about_predicting(error: ReviewsApiError) -> Advice:
    if isinstance(error, TimedOut):
        return Advice("sentiment_late", *_SENTIMENT_LATE, 504, error.retry_after_s)
    if isinstance(error, Busy):
        return Advice("sentiment_away", *_SENTIMENT_AWAY, 503, error.retry_after_s)
    if isinstance(error, Invalid):
        return Advice("unreadable", "This text cannot be read automatically", _reason(error), 422)
    return Advice("unreachable", *_AWAY, 503, _retry_after(error))


def about_saving(error: ReviewsApiError) -> Advice:
    if isinstance(error, NotFound):
        return Advice("not_found", "We don't know this brand any more", "Pick another brand; your text stays.", 404)
    if isinstance(error, Invalid):
        return Advice("invalid", "Please change your review", _reason(error), 422)
    if isinstance(error, Busy):
        return Advice("busy", *_NOT_SAVED_BUSY, 503, error.retry_after_s)
    if isinstance(error, UnreachableError):
        return Advice("unreachable", *_NOT_SAVED_AWAY, 503)
    return Advice("failed", *_NOT_SAVED, 502)


def about_admin(error: ReviewsApiError) -> Advice:
    if isinstance(error, Forbidden):
        return Advice("forbidden", "The reviews API refuses our admin token", _TOKENS, 502)
    if isinstance(error, NotFound):
        return Advice("not_found", "This review is already gone", "Nothing was changed.", 404)
    return about_reading(error)


def _retry_after(error: ReviewsApiError) -> int | None:
    return error.retry_after_s if isinstance(error, Problem) else None


def _reason(error: Problem) -> str:
    """The API's own words: the fields first, else the detail."""
    told = [f"{entry.field}: {entry.message}".removeprefix(": ") for entry in error.errors]
    return ". ".join(told) or error.detail or error.title


_AWAY = ("Opine's server is not answering", "It is usually back within a minute.")
_SENTIMENT_AWAY = (
    "The reading of sentiment is resting",
    "Rate with the stars yourself; your review can be submitted as usual.",
)
_SENTIMENT_LATE = (
    "The reading of sentiment takes too long",
    "It is tried again by itself. Rate with the stars yourself if you do not want to wait.",
)
_NOT_SAVED_BUSY = ("Not saved yet: the server is busy", "Your text is kept in this browser. Try again in a moment.")
_NOT_SAVED_AWAY = (
    "Not saved yet: the server is not answering",
    "Your text is kept in this browser. Trying again is safe: your review is stored once.",
)
_NOT_SAVED = ("Not saved yet: something went wrong on our side", "Your text is kept in this browser. Please try again.")
_TOKENS = "OPINE_FRONTEND_ADMIN_TOKEN and OPINE_REVIEWS_ADMIN_TOKEN must be the same."
