"""`opine_reviews.asgi:app` for gunicorn."""

from opine_common.logs import configure_logging
from opine_common.wsgi_bridge import Limits, WsgiBridge

from opine_reviews.app import SERVICE, create_app
from opine_reviews.predictions import sentiment_calls
from opine_reviews.request_checks import carries_token
from opine_reviews.settings import get_settings

_settings = get_settings()
configure_logging(SERVICE, json=_settings.log_json)
app = WsgiBridge(
    create_app(_settings),
    SERVICE,
    Limits(
        threads=_settings.threads,
        shares={"/api/v1/predictions": sentiment_calls(_settings.threads)},
        body_bytes=_settings.max_body_bytes,
        large_body_bytes={"/api/v1/models": _settings.max_artefact_bytes},
        may_send_large=lambda authorization: carries_token(authorization, _settings.registry_token),
    ),
    management_port=_settings.management_port,
)
