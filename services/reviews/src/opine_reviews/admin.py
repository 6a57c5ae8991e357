"""The bearer token of the admin routes."""

import hmac

from flask import request

from opine_reviews.problems import Problem
from opine_reviews.services import services


def require_admin() -> None:
    """End the request unless it carries the admin token.

    Raises:
        Problem: 403 if no token is set, 401 if the request's is missing or wrong.
    """
    token = services().settings.admin_token.get_secret_value()
    if not token:
        raise Problem(403, "The admin routes are switched off: set OPINE_REVIEWS_ADMIN_TOKEN to switch them on.")
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    # Compared as bytes in constant time: the time must not tell how much of a guess is right.
    if scheme.lower() != "bearer" or not hmac.compare_digest(offered.strip().encode(), token.encode()):
        raise Problem(
            401,
            "Send the admin token as `Authorization: Bearer <token>`.",
            headers={"WWW-Authenticate": 'Bearer realm="opine-reviews"'},
        )
