"""The review API as a Flask application."""

from flask import Flask
from opine_common.problems import Problem
from opine_common.web import instrument, require_hosts
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from opine_reviews.api.brands import brands, rising, sectors
from opine_reviews.api.flips import flips
from opine_reviews.api.learning import drift, training_routes
from opine_reviews.api.moderation import moderation_routes
from opine_reviews.api.openapi import make_documented_app, register_document
from opine_reviews.api.registry import models, release_routes
from opine_reviews.api.reviews import export, predictions, reviews
from opine_reviews.api.scraped import scraped
from opine_reviews.database import Database
from opine_reviews.dependencies import install_dependencies
from opine_reviews.drift.metrics import DriftMetrics
from opine_reviews.errors import are_tables_missing, register_error_handlers
from opine_reviews.legacy_2019 import legacy_2019
from opine_reviews.metrics import register_run_metrics
from opine_reviews.request_checks import register_request_checks
from opine_reviews.schema import expected_revision, found_revision, is_sufficient
from opine_reviews.settings import Settings

SERVICE = "reviews"


def create_app(settings: Settings) -> Flask:
    """The review API. Needs neither PostgreSQL nor the sentiment service to start."""
    app = make_documented_app()
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    database = install_dependencies(app, settings).database
    register_error_handlers(app)
    register_request_checks(app)
    for blueprint in (
        reviews,
        export,
        brands,
        sectors,
        rising,
        predictions,
        scraped,
        models,
        release_routes,
        training_routes,
        flips,
        drift,
        moderation_routes,
    ):
        app.register_api(blueprint)
    app.register_blueprint(legacy_2019)
    register_document(app)
    register_run_metrics(app, database)
    require_hosts(app, [host for host in settings.allowed_hosts.split(",") if host], "OPINE_REVIEWS_ALLOWED_HOSTS")
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    if settings.otlp_endpoint is not None:
        from opine_reviews.tracing import trace_requests  # noqa: PLC0415  costs time and memory

        trace_requests(app, SERVICE)
    instrument(
        app,
        SERVICE,
        require_ready=lambda: _require_schema(database),
        collectors=[DriftMetrics(database)],
    )
    return app


def _require_schema(database: Database) -> None:
    """Ready is: PostgreSQL has not said that its schema is too old.

    While it is away or hangs, the API still predicts, and answers the rest itself, with Retry-After. Without ready pods
    nobody would.
    """
    try:
        with database.probe() as session:
            found = found_revision(session)
    except SQLAlchemyError as error:
        if not are_tables_missing(error):
            return
        # Becomes 503 like everywhere else.
        raise
    expected = expected_revision()
    if not is_sufficient(found, expected):
        raise Problem(
            503,
            f"The schema is at revision {found}, this code needs {expected}: run `opine-reviews migrate`.",
            kind="schema-behind",
            headers={"Retry-After": "5"},
        )
