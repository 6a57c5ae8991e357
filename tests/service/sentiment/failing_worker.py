"""A worker whose model is gone between the supervisor's look at it and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charcnn.artefact import ArtefactError
from opine_sentiment.worker import main

if TYPE_CHECKING:
    from opine_sentiment.engines import TextEngine
    from opine_sentiment.settings import Settings


def load(_settings: Settings) -> TextEngine:
    raise ArtefactError("the model is gone; fetch it again")


if __name__ == "__main__":
    main(load)
