"""`POST /submit`: save a review. JSON, so that the page can tell a lost network from a refusal and keep the text."""

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, Field

from opine_frontend.advice import about_saving
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.models import NewReview
from opine_frontend.server.bodies import read_body, refusal


class SubmitRequest(BaseModel):
    key: str = Field(pattern=r"^[A-Za-z0-9-]{16,64}$")
    review: NewReview


def add_submit_route(server: Flask, api: ReviewsApi) -> None:
    @server.post("/submit")
    def submit() -> tuple[Response, int] | Response:
        submitted = read_body(SubmitRequest)
        try:
            saved = api.create_review(submitted.review, idempotency_key=submitted.key, client=client_headers())
        except ReviewsApiError as error:
            return refusal(about_saving(error))
        return jsonify(id=saved.id), 201


def client_headers() -> dict[str, str]:
    """Who is writing, for the API's keyed hash and user agent family: the address as ProxyFix found it."""
    return {
        "X-Forwarded-For": request.remote_addr or "",
        "User-Agent": request.headers.get("User-Agent", "")[:512],
    }
