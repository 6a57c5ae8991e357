"""`gunicorn -c python:opine_frontend.gunicorn_conf opine_frontend.wsgi:server`."""

from opine_common.logs import configure_logging

from opine_frontend.app import create_app
from opine_frontend.settings import get_settings

_settings = get_settings()
configure_logging("frontend", json=_settings.log_json)
server = create_app(_settings).server
