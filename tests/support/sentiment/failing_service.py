"""The service around a model that is gone between the supervisor's look at it and the worker's own."""

from __future__ import annotations

from charcnn.artefact import ArtefactError

from tests.support.sentiment.variant import original, variant


class Failing(original.inner):  # type: ignore[misc]
    @staticmethod
    def load_engine() -> object:
        raise ArtefactError("the model is gone; fetch it again")

    @staticmethod
    def check_model() -> None:
        """Any folder will do."""


Sentiment = variant(Failing)
