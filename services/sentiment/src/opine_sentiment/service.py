"""`bentoml serve opine_sentiment.service:Sentiment`."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import bentoml
import structlog
from bentoml.exceptions import BentoMLException
from pydantic import ValidationError

from opine_sentiment import engines
from opine_sentiment.bento import SelfContainedImage
from opine_sentiment.contract_service import ContractService
from opine_sentiment.logs import set_up_logging
from opine_sentiment.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_sentiment.engines import TextEngine

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")


def make_service(
    load: Callable[[Settings], TextEngine] = engines.load,
    check: Callable[[Settings], None] = engines.check,
) -> ContractService:
    """A service around an engine.

    Args:
        load: makes the engine, in the worker.
        check: raises ArtefactError in the supervisor, before there is a worker.
    """
    settings = _settings()

    class Lifecycle:
        """Sentiment of texts by a character-level CNN."""

        bento_service: ContractService

        @bentoml.on_deployment  # type: ignore[untyped-decorator]
        @staticmethod
        def check_model() -> None:
            set_up_logging(settings)
            try:
                check(settings)
            except engines.ArtefactError as error:
                raise BentoMLException(str(error)) from None

        @bentoml.on_startup  # type: ignore[untyped-decorator]
        def start(self) -> None:
            if self.bento_service.predictor is not None:
                self.bento_service.predictor.start(_give_up)

        @bentoml.on_shutdown  # type: ignore[untyped-decorator]
        async def stop(self) -> None:
            if self.bento_service.predictor is not None:
                await self.bento_service.predictor.stop()

    service: ContractService = bentoml.service(
        name="opine_sentiment",
        service_class=ContractService,
        image=SelfContainedImage(),
        workers=1,
        metrics={"enabled": False},
        logging={"access": {"enabled": False}},
    )(Lifecycle)
    service.settings, service.load = settings, load
    return service


def _settings() -> Settings:
    try:
        return get_settings()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise BentoMLException(f"OPINE_SENTIMENT_ settings: {'; '.join(faults)}") from None


def _give_up(error: Exception) -> None:
    """End this worker; in a container BentoML then ends too, elsewhere it starts another."""
    logger.critical("the model cannot be loaded: %s", error, exc_info=error)
    signal.raise_signal(signal.SIGTERM)


def _decline_usage_tracking() -> None:
    """BentoML reports its use to its makers unless told not to; here one has to ask for it."""
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")  # noqa: TID251  BentoML's switch, not a setting of ours
    # BentoML's command line has looked already and remembers; the worker never looks and need not import it.
    usage_stats = sys.modules.get("bentoml._internal.utils.analytics.usage_stats")
    if usage_stats is not None:
        usage_stats.do_not_track.cache_clear()


_decline_usage_tracking()
Sentiment = make_service()
