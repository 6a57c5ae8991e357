"""`opine_reviews.wsgi:app` for gunicorn."""

from opine_common.logs import configure_logging

from opine_reviews.app import SERVICE, create_app
from opine_reviews.settings import get_settings

_settings = get_settings()
configure_logging(SERVICE, json=_settings.log_json)
app = create_app(_settings)
