"""`bentoml serve opine_sentiment.service:Sentiment`: what BentoML's supervisor and `bentoml build` import."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bentoml
from _bentoml_impl.server import serving  # type: ignore[import-untyped]  # BentoML's SDK ships no types
from bentoml.exceptions import BentoMLException
from pydantic import ValidationError

from opine_sentiment import engines
from opine_sentiment.bento import SelfContainedImage
from opine_sentiment.contract_service import ContractService
from opine_sentiment.logs import set_up_logging
from opine_sentiment.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Callable


def make_service(
    check: Callable[[Settings], None] = engines.check, worker: str = "opine_sentiment.worker"
) -> ContractService:
    """A service whose workers run a module.

    Args:
        check: raises ArtefactError in the supervisor, before there is a worker.
        worker: name of the module.
    """
    settings = _settings()
    _run_as_worker(worker)

    class Lifecycle:
        """Sentiment of texts by a character-level CNN."""

        @bentoml.on_deployment  # type: ignore[untyped-decorator]
        @staticmethod
        def check_model() -> None:
            set_up_logging(settings)
            try:
                check(settings)
            except engines.ArtefactError as error:
                raise BentoMLException(str(error)) from None

    service: ContractService = bentoml.service(
        name="opine_sentiment",
        service_class=ContractService,
        image=SelfContainedImage(),
        workers=1,
    )(Lifecycle)
    return service


def _settings() -> Settings:
    try:
        return get_settings()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}" for fault in error.errors()]
        raise BentoMLException(f"OPINE_SENTIMENT_ settings: {'; '.join(faults)}") from None


def _run_as_worker(module: str) -> None:
    """BentoML starts this module with the arguments of its own worker, from a Bento's source as from a checkout."""
    serving._SERVICE_WORKER_SCRIPT = module  # noqa: SLF001  the lock holds the version; a test starts the service
    source = str(Path(__file__).parents[1])
    path = os.environ.get("PYTHONPATH")  # noqa: TID251  the worker's
    os.environ["PYTHONPATH"] = source if path is None else f"{source}{os.pathsep}{path}"  # noqa: TID251


def _decline_usage_tracking() -> None:
    """BentoML reports its use to its makers unless told not to; here one has to ask for it."""
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")  # noqa: TID251  BentoML's switch, not a setting of ours
    # BentoML's command line has looked already and remembers.
    usage_stats = sys.modules.get("bentoml._internal.utils.analytics.usage_stats")
    if usage_stats is not None:
        usage_stats.do_not_track.cache_clear()


_decline_usage_tracking()
Sentiment = make_service()
