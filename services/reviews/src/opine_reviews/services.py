"""What the routes work with, one set an application."""

from dataclasses import dataclass

from flask import Flask, current_app

from opine_reviews.cursors import CursorCodec
from opine_reviews.database import Database
from opine_reviews.metrics import KnownVersions
from opine_reviews.sentiment import SentimentClient
from opine_reviews.settings import Settings

_KEY = "opine_reviews"


@dataclass(frozen=True)
class Services:
    settings: Settings
    database: Database
    sentiment: SentimentClient
    cursors: CursorCodec
    known_versions: KnownVersions


def install_services(app: Flask, settings: Settings) -> Services:
    own = Services(
        settings=settings,
        database=Database(settings),
        sentiment=SentimentClient(settings),
        cursors=CursorCodec(settings.client_hash_key.get_secret_value().encode()),
        known_versions=KnownVersions(),
    )
    app.extensions[_KEY] = own
    return own


def services() -> Services:
    """Those of the current application."""
    found: Services = current_app.extensions[_KEY]
    return found
