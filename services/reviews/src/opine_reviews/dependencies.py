"""What the routes work with, one set an application."""

from dataclasses import dataclass

from flask import Flask, current_app

from opine_reviews.database import Database
from opine_reviews.listing import CursorCodec
from opine_reviews.predictions import PredictionSigner, SentimentClient
from opine_reviews.rate_limits import ClientLimits
from opine_reviews.rising import RisingBrands
from opine_reviews.settings import Settings

_KEY = "opine_reviews"


@dataclass(frozen=True)
class Dependencies:
    settings: Settings
    database: Database
    sentiment: SentimentClient
    signer: PredictionSigner
    cursors: CursorCodec
    limits: ClientLimits
    rising: RisingBrands


def install_dependencies(app: Flask, settings: Settings) -> Dependencies:
    keys = [settings.previous_client_hash_key.get_secret_value(), settings.client_hash_key.get_secret_value()]
    signer = PredictionSigner([key for key in keys if key])
    database = Database(settings)
    own = Dependencies(
        settings=settings,
        database=database,
        limits=ClientLimits(settings, database),
        rising=RisingBrands(),
        sentiment=SentimentClient(settings, signer),
        signer=signer,
        cursors=CursorCodec(settings.client_hash_key.get_secret_value().encode()),
    )
    app.extensions[_KEY] = own
    return own


def dependencies() -> Dependencies:
    """Those of the current application."""
    found: Dependencies = current_app.extensions[_KEY]
    return found
