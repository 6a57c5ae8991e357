"""`opine_frontend.asgi:app` for gunicorn."""

from opine_common.logs import configure_logging
from opine_common.wsgi_bridge import Limits, WsgiBridge

from opine_frontend.app import SERVICE, create_app
from opine_frontend.composer_routes import MAX_BODY_BYTES
from opine_frontend.settings import get_settings

# Most of a request's time is spent waiting for the reviews API.
THREADS = 16

_settings = get_settings()
configure_logging(SERVICE, json=_settings.log_json)
app = WsgiBridge(
    create_app(_settings).server,
    SERVICE,
    Limits(threads=THREADS, body_bytes=MAX_BODY_BYTES),
    management_port=_settings.management_port,
)
