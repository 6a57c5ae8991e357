"""What every request and answer goes through, and the bearer token of the admin routes."""

import hmac
import time

from flask import Flask, Response, request
from opine_common import deadlines
from opine_common.problems import Problem
from opine_common.web import arrival
from pydantic import SecretStr
from werkzeug.exceptions import BadRequest

from opine_reviews.dependencies import dependencies
from opine_reviews.errors import invalid_field

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})
_TAKES_AN_ARTEFACT = "models.register_model"


def register_request_checks(app: Flask) -> None:
    app.before_request(_set_deadline)
    app.before_request(_require_json_object)
    app.after_request(_add_security_headers)
    app.teardown_request(_clear_deadline)


def _set_deadline() -> None:
    seconds = dependencies().settings.request_timeout_s
    header = request.headers.get(deadlines.HEADER)
    if header is not None:
        try:
            seconds = min(seconds, deadlines.parse_timeout(header))
        except ValueError as error:
            raise invalid_field(deadlines.HEADER, str(error)) from error
    # The caller has waited since the request arrived, and not since it got a thread.
    deadlines.set_deadline(seconds - (time.monotonic() - arrival(request.environ)))


def _clear_deadline(_error: BaseException | None) -> None:
    # The rest of a streamed answer is read after this, page by page, each under the database's own limit.
    deadlines.set_deadline(None)


def _require_json_object() -> None:
    """Tell a wrong type, broken JSON and a wrong kind of value apart before the fields are looked at."""
    if request.method not in _WITH_A_BODY or not request.path.startswith("/api/v1/") or request.url_rule is None:
        return
    if request.endpoint == _TAKES_AN_ARTEFACT:
        return
    if request.mimetype != "application/json":
        raise Problem(415, "Send the body as JSON, with `Content-Type: application/json`.")
    try:
        body = request.get_json()
    except BadRequest as error:
        raise Problem(400, "The body is not JSON in UTF-8.", kind="malformed-json") from error
    except RecursionError as error:
        raise Problem(400, "The body is nested too deeply.", kind="malformed-json") from error
    if not isinstance(body, dict):
        raise invalid_field("body", "must be a JSON object")


def _add_security_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def require_admin() -> None:
    """End the request unless it carries the admin token.

    Raises:
        Problem: 403 if no token is set, 401 if the request's is missing or wrong.
    """
    _require_bearer("admin", dependencies().settings.admin_token)


def require_registry_token() -> None:
    """The same with the token that registers and releases model versions."""
    _require_bearer("registry", dependencies().settings.registry_token)


def require_registry_or_admin() -> None:
    """The registry's token, or the admin's: choosing among versions that are there brings none in."""
    settings = dependencies().settings
    _require_bearer("registry", settings.registry_token, settings.admin_token)


def _require_bearer(kind: str, *tokens: SecretStr) -> None:
    """Without the first token the routes are switched off."""
    if not tokens[0].get_secret_value():
        name = f"OPINE_REVIEWS_{kind.upper()}_TOKEN"
        raise Problem(403, f"The {kind} routes are switched off: set {name} to switch them on.")
    if not carries_token(request.headers.get("Authorization", ""), *tokens):
        raise Problem(
            401,
            f"Send the {kind} token as `Authorization: Bearer <token>`.",
            headers={"WWW-Authenticate": 'Bearer realm="opine-reviews"'},
        )


def carries_token(authorization: str, *tokens: SecretStr) -> bool:
    """Whether an `Authorization` header brings one of the tokens; an empty one matches nothing."""
    scheme, _, offered = authorization.partition(" ")
    known = [token.get_secret_value().encode() for token in tokens]
    # Compared as bytes in constant time: the time must not tell how much of a guess is right.
    matches = [hmac.compare_digest(offered.strip().encode(), token) for token in known if token]
    return scheme.lower() == "bearer" and any(matches)
