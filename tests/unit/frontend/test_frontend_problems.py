import json

import pytest
from opine_frontend.advice import about_admin, about_predicting, about_reading, about_saving
from opine_frontend.reviews_api.errors import (
    Busy,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TimedOut,
    UnreachableError,
    problem_from,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (422, Invalid),
        (429, Busy),
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
    assert (problem.title, problem.detail, problem.request_id) == ("Unprocessable Content", "2 fields", "abc")
    assert problem.errors == (FieldError("text", "is empty"),)
    assert problem.retry_after_s == 7


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"errors": 5, "title": 3}', b'{"errors": ["x"]}'])
def test_a_body_that_is_no_problem_still_gives_one(body: bytes) -> None:
    problem = problem_from(500, {"Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT"}, body)
    assert (problem.title, problem.errors, problem.retry_after_s) == ("Internal Server Error", (), None)


def test_an_unknown_status_has_a_title() -> None:
    assert problem_from(599, {}, b"").title == "Error"


def test_advice_tells_a_resting_model_from_an_absent_api() -> None:
    assert about_predicting(Busy(503, "Service Unavailable")).reason == "sentiment_away"
    assert about_predicting(UnreachableError()).reason == "unreachable"


def test_advice_tells_a_late_prediction_from_a_resting_model() -> None:
    late = about_predicting(TimedOut(504, "Gateway Timeout", retry_after_s=2))
    assert (late.reason, late.status, late.retry_after_s) == ("sentiment_late", 504, 2)
    assert about_saving(TimedOut(504, "Gateway Timeout")).reason == "busy"


def test_advice_on_saving_names_the_field() -> None:
    refused = about_saving(Invalid(422, "Unprocessable", errors=(FieldError("text", "is too long"),)))
    assert (refused.status, refused.text) == (422, "text: is too long")


def test_advice_after_a_lost_answer_says_that_trying_again_is_safe() -> None:
    assert "stored once" in about_saving(UnreachableError()).text


def test_advice_keeps_the_waiting_time() -> None:
    assert about_reading(Busy(503, "Busy", retry_after_s=9)).retry_after_s == 9


def test_the_admin_is_told_about_the_token() -> None:
    assert "OPINE_FRONTEND_ADMIN_TOKEN" in about_admin(Forbidden(403, "Forbidden")).text
