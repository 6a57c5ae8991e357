from pathlib import Path

from dash import Dash
from flask_compress import Compress
from opine_telemetry.web import instrument
from werkzeug.middleware.proxy_fix import ProxyFix

from opine_frontend.callbacks.admin import add_admin_deletion, add_admin_table
from opine_frontend.callbacks.admin_runs import add_admin_runs
from opine_frontend.callbacks.brand_reviews import add_brand_reviews
from opine_frontend.callbacks.brands import add_brand_search
from opine_frontend.callbacks.in_browser import add_browser_callbacks
from opine_frontend.callbacks.navigation import add_navigation
from opine_frontend.index import COLOR_SCHEME_SCRIPT, OpineDash
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.transport import Transport
from opine_frontend.sectors import Sectors
from opine_frontend.server.admin_routes import add_admin_routes
from opine_frontend.server.admin_session import set_up_sessions
from opine_frontend.server.page_status import add_page_status
from opine_frontend.server.predict import add_predict_route
from opine_frontend.server.readiness import add_readiness
from opine_frontend.server.security import content_security_policy, secure
from opine_frontend.server.static_files import keep_static_files
from opine_frontend.server.submit import add_submit_route
from opine_frontend.settings import Settings
from opine_frontend.shell import layout


def create_app(settings: Settings) -> Dash:
    api = ReviewsApi(Transport(str(settings.reviews_url), max_connection_age_s=settings.max_connection_age_s))
    app = OpineDash(
        "opine_frontend",
        assets_folder=str(Path(__file__).parent / "assets"),
        assets_ignore=Path(COLOR_SCHEME_SCRIPT).name,
        serve_locally=True,
        suppress_callback_exceptions=True,
        update_title="",
        title="Opine",
    )
    app.layout = layout
    _add_callbacks(app, api, settings)
    _add_server(app, api, settings)
    return app


def _add_callbacks(app: Dash, api: ReviewsApi, settings: Settings) -> None:
    add_navigation(app, api, Sectors(api), admin_switched_on=bool(settings.admin_password.get_secret_value()))
    add_browser_callbacks(app)
    add_brand_search(app, api)
    add_brand_reviews(app, api)
    add_admin_table(app, api)
    add_admin_deletion(app, api, settings.admin_token.get_secret_value())
    add_admin_runs(app, api, settings.admin_token.get_secret_value())


def _add_server(app: Dash, api: ReviewsApi, settings: Settings) -> None:
    server = app.server
    add_predict_route(server, api)
    add_submit_route(server, api)
    add_admin_routes(server, api, settings)
    add_readiness(server)
    add_page_status(server, api)
    keep_static_files(server)
    set_up_sessions(server, settings)
    secure(server, content_security_policy(app.csp_hashes()))
    Compress(server)
    if hops := settings.trusted_proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    instrument(server, "frontend")
