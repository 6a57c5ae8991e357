from flask import Flask
from opine_common.web import instrument
from werkzeug.middleware.proxy_fix import ProxyFix

from opine_reviews.api.brands import brands
from opine_reviews.api.document import make_documented_app, register_document
from opine_reviews.api.export import export
from opine_reviews.api.predictions import predictions
from opine_reviews.api.reviews import reviews
from opine_reviews.api.scraped import scraped
from opine_reviews.api.sectors import sectors
from opine_reviews.errors import register_error_handlers
from opine_reviews.health import register_readiness
from opine_reviews.hygiene import register_hygiene
from opine_reviews.routes_of_2019.routes import routes_of_2019
from opine_reviews.scraped.metrics import register_run_metrics
from opine_reviews.services import install_services
from opine_reviews.settings import Settings

SERVICE = "reviews"


def create_app(settings: Settings) -> Flask:
    """The review API. Needs neither PostgreSQL nor the sentiment service to start."""
    app = make_documented_app()
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    own = install_services(app, settings)
    register_error_handlers(app)
    register_hygiene(app)
    for blueprint in (reviews, export, brands, sectors, predictions, scraped):
        app.register_api(blueprint)
    app.register_blueprint(routes_of_2019)
    register_document(app)
    register_readiness(app)
    register_run_metrics(app, own.database)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    instrument(app, SERVICE)
    return app
