"""The service around the failing worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_sentiment.service import make_service

if TYPE_CHECKING:
    from opine_sentiment.settings import Settings


def check(_settings: Settings) -> None:
    """Any folder will do."""


Sentiment = make_service(check, "failing_worker")
