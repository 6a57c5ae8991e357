from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dash import Dash
from flask import Flask, Response, redirect, request
from flask_compress import Compress
from opine_common.web import instrument, require_hosts
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as WerkzeugResponse

from opine_frontend.callback_requests import refuse_what_dash_did_not_send
from opine_frontend.composer_routes import MAX_BODY_BYTES, register_composer_routes
from opine_frontend.feeds import register_feeds
from opine_frontend.installable import register_installable
from opine_frontend.layout import COLOR_SCHEME_SCRIPT, OpineDash, layout
from opine_frontend.navigation import register_navigation, register_page_status
from opine_frontend.pages import admin, brand, brands, compare, front, login, moderation, review, scrape_runs
from opine_frontend.pages.models import page as models
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.routing import link
from opine_frontend.security import content_security_policy, secure
from opine_frontend.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVICE = "frontend"

_YEAR = "public, max-age=31536000, immutable"


def create_app(settings: Settings) -> Dash:
    """The web app for gunicorn, whose `server` is a Flask application."""
    api = ReviewsApi(str(settings.reviews_url), max_connection_age_s=settings.max_connection_age_s)
    app = OpineDash(
        "opine_frontend",
        assets_folder=str(Path(__file__).parent / "assets"),
        # The layout loads it itself, in the head.
        assets_ignore=Path(COLOR_SCHEME_SCRIPT).name,
        serve_locally=True,
        # Callbacks name elements of pages that are not shown at first.
        suppress_callback_exceptions=True,
        update_title="",
        title="Opine",
        requests_pathname_prefix=f"{settings.prefix}/",
        routes_pathname_prefix="/",
        # Dash would offer every callback to programs, at the word of an environment variable.
        enable_mcp=False,
    )
    app.layout = layout
    _register_callbacks(app, api, settings)
    _register_routes(app, api, settings)
    return app


def _register_callbacks(app: Dash, api: ReviewsApi, settings: Settings) -> None:
    token = settings.admin_token.get_secret_value()
    register_navigation(app, api, admin_switched_on=bool(settings.admin_password.get_secret_value()))
    review.register_callbacks(app, api)
    front.register_callbacks(app, api, settings.demo_command)
    brands.register_callbacks(app, api)
    brand.register_callbacks(app, api)
    compare.register_callbacks(app, api)
    admin.register_callbacks(app, api, token)
    moderation.register_callbacks(app, api, token)
    scrape_runs.register_callbacks(app, api, token)
    models.register_callbacks(app, api, token)


def _register_routes(app: Dash, api: ReviewsApi, settings: Settings) -> None:
    server = app.server
    # Of every route: Dash would take any body.
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    register_composer_routes(server, api)
    login.register_login(server, settings, api)
    admin.register_export(server, api, settings.admin_token.get_secret_value())
    register_page_status(server, api)
    register_feeds(server, api)
    register_installable(server)
    _keep_static_files(server)
    secure(server, content_security_policy(app.csp_hashes()))
    refuse_what_dash_did_not_send(app)
    _compress(server)
    require_hosts(server, [host for host in settings.allowed_hosts.split(",") if host], "OPINE_FRONTEND_ALLOWED_HOSTS")
    if settings.prefix:
        server.wsgi_app = _Below(server.wsgi_app, settings.prefix)
    if hops := settings.trusted_proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    if settings.otlp_endpoint is not None:
        from opine_common.tracing import trace_flask  # noqa: PLC0415  costs time and memory

        trace_flask(server, "frontend")
    # Around all the others, so that their errors are counted too. Ready once it is built, without asking the reviews
    # API: without that the page still opens, keeps what a person writes and says what is wrong, while an ingress
    # without ready pods could only answer 503.
    instrument(server, SERVICE)


class _Below:
    """WSGI middleware: the app is below a prefix, which the proxy may have removed or not."""

    def __init__(self, app: "WSGIApplication", prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)


def _compress(server: Flask) -> None:
    """By Brotli, where a browser takes it: Dash's scripts are a tenth smaller than by zstd, for as little time."""
    codings = ["br", "zstd", "gzip"]
    # Flask streams the files of a folder.
    server.config.update(COMPRESS_ALGORITHM=codings, COMPRESS_ALGORITHM_STREAMING=codings, COMPRESS_BR_LEVEL=5)
    Compress(server)


def _keep_static_files(server: Flask) -> None:
    """Let browsers keep files whose address changes with their content (Dash adds `?m=` and its time)."""

    @server.get("/favicon.ico")
    def favicon() -> WerkzeugResponse:
        return redirect(link("/assets/favicon.svg"), 301)

    @server.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith("/assets/") and "m" in request.args and response.status_code == 200:  # noqa: PLR2004
            response.headers["Cache-Control"] = _YEAR
        return response
