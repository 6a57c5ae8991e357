"""Login, logout and the export. Login is a plain form, so that password managers know it."""

from flask import Flask, Response, redirect, request, stream_with_context
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as WerkzeugResponse

from opine_frontend.admin_query import review_query
from opine_frontend.advice import about_admin
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.server.admin_session import end_admin_session, is_admin, password_matches, start_admin_session
from opine_frontend.server.login_attempts import LoginAttempts
from opine_frontend.settings import Settings

_LONGEST_PASSWORD = 1024


def add_admin_routes(server: Flask, api: ReviewsApi, settings: Settings) -> None:
    attempts = LoginAttempts()
    password = settings.admin_password.get_secret_value()

    @server.post("/admin/login")
    def login() -> WerkzeugResponse:
        client = request.remote_addr or ""
        if attempts.wait_s(client) > 0:
            return redirect("/admin?login=wait", 303)
        if not password_matches(request.form.get("password", "")[:_LONGEST_PASSWORD], password):
            attempts.failed(client)
            return redirect("/admin?login=wrong", 303)
        attempts.succeeded(client)
        start_admin_session()
        return redirect("/admin", 303)

    @server.post("/admin/logout")
    def logout() -> WerkzeugResponse:
        end_admin_session()
        return redirect("/admin", 303)

    @server.get("/admin/reviews.csv")
    def export() -> Response:
        if not is_admin():
            raise Forbidden("Log in first.")
        token = settings.admin_token.get_secret_value()
        try:
            chunks = api.export(review_query(request.args), token=token)
        except ReviewsApiError as error:
            advice = about_admin(error)
            return Response(f"{advice.title}. {advice.text}\n", advice.status, mimetype="text/plain")
        return Response(
            stream_with_context(chunks),
            mimetype="text/csv",
            headers={
                "Content-Disposition": "attachment; filename=opine-reviews.csv",
                "Cache-Control": "no-store",
            },
        )
