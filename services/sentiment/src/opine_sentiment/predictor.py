"""A model from loading to shutdown, and the door through which texts reach it."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import structlog

from opine_sentiment.batching.batcher import Batcher, BatchLimits
from opine_sentiment.engine_thread import EngineThread
from opine_sentiment.metrics import MODEL_INFO, BatchMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.batching.batcher import Failed
    from opine_sentiment.engines import TextEngine
    from opine_sentiment.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")

# Short and long, inside and outside ASCII, so that every path and buffer has been used once.
_WARM_UP = ["", "Good.", "Très bien, livraison rapide — merci! " * 20]


class NotReadyError(Exception):
    """The model cannot answer yet, or not any more."""


class Predictor:
    """Ready from the end of a warm-up until `stop`."""

    def __init__(self, settings: Settings, load: Callable[[], TextEngine]) -> None:
        self._settings = settings
        self._thread = EngineThread(load)
        self._batcher: Batcher[EncodedText, Prediction] | None = None
        self._loop_task: asyncio.Task[None] | None = None
        self._start_task: asyncio.Task[None] | None = None
        self.engine: TextEngine | None = None

    @property
    def ready(self) -> bool:
        return self._batcher is not None

    async def predict(self, texts: Sequence[str], *, explain: bool) -> list[Prediction | Failed]:
        """One answer a text, in order.

        Raises:
            NotReadyError: before the warm-up.
            OverloadedError: the queue is full.
            ClosedError: the service is shutting down.
        """
        if self._batcher is None:
            raise NotReadyError
        return await self._batcher.submit(texts, explain=explain)

    def start(self, on_failure: Callable[[Exception], None]) -> None:
        """Load and warm up in the background, so that probes are answered meanwhile."""
        self._start_task = asyncio.create_task(self._start(on_failure))

    async def stop(self) -> None:
        """Answer what was accepted, then let the engine go."""
        if self._start_task is not None:
            self._start_task.cancel()
        if self._batcher is not None and self._loop_task is not None:
            self._batcher.close()
            await self._loop_task
        self._thread.close()

    async def _start(self, on_failure: Callable[[Exception], None]) -> None:
        try:
            engine = await self._thread.load()
            encoded = [engine.encode(text) for text in _WARM_UP]
            await self._thread.predict(encoded, [True] * len(encoded))
        except Exception as error:  # noqa: BLE001  whatever it is, this worker will never be ready
            on_failure(error)
            return
        settings = self._settings
        batcher = Batcher(
            encode=engine.encode,
            compute=self._thread.predict,
            limits=BatchLimits(
                max_queue_rows=settings.max_queue_rows,
                max_rows=settings.max_batch_rows,
                max_cost=settings.max_batch_characters,
            ),
            observer=BatchMetrics(),
        )
        # Imports and the model stay for good; a full collection need not look at them again.
        gc.collect()
        gc.freeze()
        self.engine = engine
        self._loop_task = asyncio.create_task(batcher.run())
        self._batcher = batcher
        MODEL_INFO.labels(engine.name, engine.version, settings.engine).set(1)
        logger.info("ready", model=engine.name, model_version=engine.version, engine=settings.engine)
