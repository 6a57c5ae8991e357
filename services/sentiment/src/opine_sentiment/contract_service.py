"""BentoML's service class with the contract's routes in front of BentoML's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import bentoml
from bentoml._internal.service.openapi.specification import PathItem

from opine_sentiment import openapi
from opine_sentiment.logs import set_up_logging

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from opine_sentiment.engines import TextEngine
    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings


class ContractService(bentoml.Service[Any]):  # type: ignore[misc]  # BentoML's SDK ships no types
    """A BentoML service that serves a `Predictor`.

    The routes of the contract do not pass BentoML's middleware, which keeps a timer of each request for a minute (see
    the README). Its documentation pages, `bentoml serve` and `bentoml build` stay as they are.
    """

    settings: Settings
    load: Callable[[Settings], TextEngine]
    predictor: Predictor | None = None

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        # Imported in the worker only: the supervisor and `bentoml build` need none of it.
        from opine_sentiment.http.application import contract_application  # noqa: PLC0415
        from opine_sentiment.predictor import Predictor  # noqa: PLC0415

        set_up_logging(self.settings)
        self.predictor = Predictor(self.settings, lambda: self.load(self.settings))
        return contract_application(self.settings, self.predictor, behind=super().to_asgi(is_main))

    @property
    def openapi_spec(self) -> Any:  # noqa: ANN401  an internal class of BentoML
        """BentoML's document, saying what the contract says: BentoML sees none of the routes in front."""
        spec = super().openapi_spec
        info = attrs.evolve(
            spec.info,
            title="Opine sentiment",
            description="Sentiment of texts by a character-level CNN.",
            contact=None,
        )
        return attrs.evolve(
            spec,
            openapi="3.1.0",
            info=info,
            tags=None,
            paths={path: PathItem(**operations) for path, operations in openapi.paths().items()},
            components=openapi.components(),
        )
