"""The OpenAPI document of /api/v1, and answers in its terms."""

from flask import Flask, Response, current_app, jsonify
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from opine_common.problems import MEDIA_TYPE, ProblemDetails
from pydantic import BaseModel

from opine_reviews.errors import validation_answer

INFO = Info(
    title="Opine reviews",
    version="1.0.0",
    description=(
        "Reviews of brands, their predictions, and counts. Errors are problem details (RFC 9457). The header "
        "`X-Request-Timeout` of any request says in how many seconds its answer is worth something."
    ),
)
REGISTRY_TOKEN: list[dict[str, list[object]]] = [{"registry": []}]
EITHER_TOKEN: list[dict[str, list[object]]] = [*REGISTRY_TOKEN, {"admin": []}]


def make_documented_app() -> OpenAPI:
    return OpenAPI(
        "opine_reviews",
        info=INFO,
        security_schemes={name: {"type": "http", "scheme": "bearer"} for name in ("admin", "registry")},
        validation_error_model=ProblemDetails,
        validation_error_callback=validation_answer,
        doc_ui=False,
        static_folder=None,
    )


def register_document(app: Flask) -> None:
    app.add_url_rule("/api/v1/openapi.json", "openapi_document", _document)


def _document() -> Response:
    assert isinstance(current_app, OpenAPI)  # noqa: S101  for the type
    return jsonify(current_app.api_doc)


def json_answer(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, content_type="application/json")


def problems(*statuses: int) -> dict[str | int, dict[str, object]]:
    """The OpenAPI `responses` of an operation that may end with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    # flask-openapi3 adds a 422 to every operation that has none, in a form that we never answer. Time may run out (504)
    # anywhere.
    return {status: {"content": content} for status in sorted({*statuses, 422, 504})}
