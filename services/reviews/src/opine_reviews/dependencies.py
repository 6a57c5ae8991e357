"""What the routes work with, one set an application."""

from dataclasses import dataclass

from flask import Flask, current_app

from opine_reviews.database import Database
from opine_reviews.listing import CursorCodec
from opine_reviews.metrics import KnownVersions
from opine_reviews.sentiment import SentimentClient
from opine_reviews.settings import Settings

_KEY = "opine_reviews"


@dataclass(frozen=True)
class Dependencies:
    settings: Settings
    database: Database
    sentiment: SentimentClient
    cursors: CursorCodec
    known_versions: KnownVersions


def install_dependencies(app: Flask, settings: Settings) -> Dependencies:
    known_versions = KnownVersions()
    own = Dependencies(
        settings=settings,
        database=Database(settings),
        sentiment=SentimentClient(settings, known_versions),
        cursors=CursorCodec(settings.client_hash_key.get_secret_value().encode()),
        known_versions=known_versions,
    )
    app.extensions[_KEY] = own
    return own


def dependencies() -> Dependencies:
    """Those of the current application."""
    found: Dependencies = current_app.extensions[_KEY]
    return found
