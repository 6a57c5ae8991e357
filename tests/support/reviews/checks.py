"""What every error must look like."""

from typing import Any

from werkzeug.test import TestResponse


def problem(response: TestResponse, status: int, kind: str | None = None, *, field: str | None = None) -> Any:  # noqa: ANN401  JSON
    """Check that the answer is problem details with this status; gives them."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    details = response.get_json()
    assert set(details) - {"errors"} == {"type", "title", "status", "detail", "request_id"}
    assert details["status"] == status
    assert details["type"] == ("about:blank" if kind is None else f"urn:opine:problem:{kind}")
    assert details["detail"]
    assert details["request_id"] == response.headers["X-Request-ID"]
    if field is None:
        return details
    assert field in [error["field"] for error in details["errors"]], details
    assert all(error["message"] for error in details["errors"])
    return details


def error_of_2019(response: TestResponse, status: int) -> str:
    """Check that the answer is an error in the form of 2019; gives its message."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    body = response.get_json()
    assert set(body) == {"error"}
    return str(body["error"])
