import json

import pytest
from opine_frontend.reviews_api.errors import (
    Busy,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    ProblemDetails,
    TimedOut,
    TooMany,
    UnreachableError,
    problem_from,
)
from opine_frontend.user_messages import admin_error, page_error, prediction_error, submission_error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (422, Invalid),
        (429, TooMany),
        (503, Busy),
        (504, TimedOut),
    ],
)
def test_a_status_becomes_a_type(status: int, kind: type[Problem]) -> None:
    assert type(problem_from(status, {}, b"{}")) is kind


def test_problem_details_are_read() -> None:
    body = {
        "title": "Unprocessable Content",
        "detail": "2 fields",
        "request_id": "abc",
        "errors": [{"field": "text", "message": "is empty"}],
    }
    problem = problem_from(422, {"Retry-After": "7"}, json.dumps(body).encode())
    assert problem.details == ProblemDetails.model_validate(body)
    assert str(problem) == "422 Unprocessable Content: 2 fields"
    assert problem.retry_after_s == 7


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"errors": 5, "title": 3}', b'{"errors": ["x"]}'])
def test_a_body_that_is_no_problem_still_gives_one(body: bytes) -> None:
    problem = problem_from(500, {"Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT"}, body)
    assert (problem.details.title, problem.details.errors, problem.retry_after_s) == ("Internal Server Error", (), None)


def test_an_unknown_status_has_a_title() -> None:
    assert problem_from(599, {}, b"").details.title == "Error"


def test_a_message_tells_an_absent_model_from_an_absent_api() -> None:
    assert prediction_error(Busy(503)).reason == "sentiment_away"
    assert prediction_error(UnreachableError()).reason == "unreachable"


def test_a_model_that_wakes_up_is_said_to() -> None:
    waking = problem_from(503, {"Retry-After": "2"}, b'{"type": "urn:opine:problem:sentiment-asleep"}')
    message = prediction_error(waking)
    assert (message.reason, message.title, message.retry_after_s) == ("sentiment_away", "Opine is waking up", 2)
    assert "submit" in message.text
    assert message.title != prediction_error(Busy(503)).title


def test_a_message_tells_a_late_prediction_from_an_absent_model() -> None:
    late = prediction_error(TimedOut(504, retry_after_s=2))
    assert (late.reason, late.status, late.retry_after_s) == ("sentiment_late", 504, 2)
    assert submission_error(TimedOut(504)).reason == "busy"


def test_a_message_on_saving_names_the_field() -> None:
    refused = submission_error(problem_from(422, {}, b'{"errors": [{"field": "text", "message": "is too long"}]}'))
    assert (refused.status, refused.text) == (422, "Your review is too long.")


def test_no_name_of_a_program_reaches_a_page() -> None:
    odd = problem_from(422, {}, b'{"errors": [{"field": "limit", "message": "must be at most 100"}]}')
    assert page_error(odd).text == "Opine could not take it as it is."
    stale = problem_from(422, {}, b'{"errors": [{"field": "cursor", "message": "is not a cursor of this list"}]}')
    assert "cursor" not in page_error(stale).text + page_error(stale).title


def test_a_brand_that_is_gone_is_told_as_that() -> None:
    gone = submission_error(problem_from(422, {}, b'{"errors": [{"field": "brand", "message": "is not known here"}]}'))
    assert gone.reason == "not_found"


def test_a_used_key_is_told_apart() -> None:
    body = b'{"type": "urn:opine:problem:idempotency-key-reused"}'
    assert submission_error(problem_from(422, {}, body)).reason == "already_saved"


def test_a_hidden_review_is_told_as_that() -> None:
    hidden = problem_from(409, {}, b'{"type": "urn:opine:problem:review-hidden"}')
    assert submission_error(hidden).reason == "hidden"
    assert submission_error(problem_from(409, {}, b"{}")).reason == "failed"


def test_a_message_after_a_lost_answer_says_that_trying_again_is_safe() -> None:
    assert "stored once" in submission_error(UnreachableError()).text


def test_a_message_keeps_the_waiting_time() -> None:
    assert page_error(Busy(503, retry_after_s=9)).retry_after_s == 9


def test_the_admin_is_told_about_the_token() -> None:
    assert "OPINE_FRONTEND_ADMIN_TOKEN" in admin_error(Forbidden(403)).text
