"""Turns every exception into an answer: problem details, or the form of 2019 on the routes of 2019."""

import logging
from collections.abc import Mapping

from flask import Flask, Response, jsonify, request
from opine_common.deadlines import HEADER as TIMEOUT_HEADER
from opine_common.deadlines import remaining_s
from opine_common.problems import MEDIA_TYPE, FieldError, Problem, from_validation, invalid_request
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

logger = logging.getLogger(__name__)

ROUTES_OF_2019 = frozenset({"/api/predict", "/api/review", "/api/reviews"})

_RETRY_AFTER_S = 5
READ_ONLY_SQL_TRANSACTION = "25006"
_UNDEFINED_TABLE = "42P01"
_QUERY_CANCELED = "57014"
# Not broken, but not writable either: a failover is under way, or a server that starts or stops (57P0x).
_AWAY_STATES = frozenset({READ_ONLY_SQL_TRANSACTION, "57P01", "57P02", "57P03"})
# Connections that fail, and what a server lacks: connections, memory, room on its disk.
_AWAY_CLASSES = ("08", "53")


def invalid_field(field: str, message: str) -> Problem:
    return invalid_request([FieldError(field=field, message=message)])


def require_length(text: str, most: int) -> None:
    """Refuse a text of more code points than are set.

    Raises:
        Problem: 422.
    """
    if len(text) > most:
        raise invalid_field("text", f"must have at most {most} characters, and has {len(text)}")


def out_of_time() -> Problem:
    """What to answer when the request's deadline has passed."""
    return Problem(
        504,
        f"The time allowed for the request ran out. Try again later, or allow more by the header {TIMEOUT_HEADER}.",
        kind="request-timeout",
        headers={"Retry-After": "5"},
    )


def register_error_handlers(app: Flask) -> None:
    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(SQLAlchemyError, _from_database)
    app.register_error_handler(Exception, _from_bug)


def validation_answer(error: ValidationError) -> Response:
    """flask-openapi3's `validation_error_callback`."""
    return _problem_response(from_validation(error))


def database_problem(error: SQLAlchemyError) -> Problem | None:
    """What to answer if PostgreSQL is to blame; None if the error is our own."""
    if isinstance(error, PoolTimeoutError):
        return database_away()
    if not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "pgcode", None)
    if state == _QUERY_CANCELED:
        return Problem(
            503,
            "The database took too long. Narrow the filters, or try again later.",
            kind="database-slow",
            headers={"Retry-After": str(_RETRY_AFTER_S)},
        )
    # An error without a state comes from the connection, not from the server.
    if error.connection_invalidated or state is None or state in _AWAY_STATES or state.startswith(_AWAY_CLASSES):
        # The caller's patience may be shorter than a healthy database takes.
        return database_away() if remaining_s() > 0 else out_of_time()
    if are_tables_missing(error):
        return database_away("Its tables are missing: run `opine-reviews migrate`.")
    return None


def are_tables_missing(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == _UNDEFINED_TABLE


# Not "nothing was stored": where the answer to a COMMIT is lost, nobody here can tell.
_RETRY = "Try again later; with an Idempotency-Key no review is stored twice."


def database_away(hint: str = _RETRY) -> Problem:
    return Problem(
        503,
        f"The database is not available at the moment. {hint}",
        kind="database-unavailable",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def _answer(problem: Problem) -> Response:
    if request.path in ROUTES_OF_2019:
        return _form_of_2019(problem.status, problem.detail, problem.headers)
    return _problem_response(problem)


def _from_http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response
    # Kept are headers such as Allow; the body and its type are ours.
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return _answer(Problem(error.code or 500, error.description or error.name, headers=headers))


def _from_database(error: SQLAlchemyError) -> Response:
    problem = database_problem(error)
    if problem is None:
        return _from_bug(error)
    logger.warning(
        "database error", extra={"error": str(error.orig if isinstance(error, DBAPIError) else error).strip()}
    )
    return _answer(problem)


def _from_bug(error: Exception) -> Response:
    logger.error("unhandled error", exc_info=error)
    return _answer(Problem(500, "An error of this service. Its log has it under the request id."))


def _problem_response(problem: Problem) -> Response:
    return Response(problem.body(), problem.status, problem.headers, content_type=MEDIA_TYPE)


def _form_of_2019(status: int, message: str, headers: Mapping[str, str]) -> Response:
    answer: Response = jsonify(error=message)
    answer.status_code = status
    answer.headers.extend(headers)
    return answer
