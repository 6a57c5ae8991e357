"""A model from loading to shutdown, and the door through which texts reach it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from opine_sentiment import garbage
from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.pace import BatchLimits
from opine_sentiment.engines import DeviceError
from opine_sentiment.metrics import MODEL_INFO, BatchMetrics
from opine_sentiment.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.batching.request import Failed
    from opine_sentiment.engine_thread import EngineThread
    from opine_sentiment.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")


class NotReadyError(Exception):
    """The model cannot answer yet, or not any more."""


class Predictor:
    """Answers from the end of a warm-up until `stop`."""

    def __init__(self, settings: Settings, thread: EngineThread) -> None:
        self._settings = settings
        self._thread = thread
        self._batcher: Batcher[EncodedText, Prediction] | None = None
        self._loop_task: asyncio.Task[None] | None = None
        self._start_task: asyncio.Task[None] | None = None
        self.obstacle = "the model has not answered its warm-up yet"
        """Why it is not loaded."""
        self.draining = False
        """New requests are still answered, but should go elsewhere."""
        self.ending = False
        """Bulk requests are cut off."""
        self.model_name = self.model_version = ""

    @property
    def loaded(self) -> bool:
        return self._batcher is not None

    async def predict(self, texts: Sequence[str], *, explain: bool, deadline: float) -> list[Prediction | Failed]:
        """One answer a text, in order, by `deadline` on the clock `time.monotonic`.

        Raises:
            NotReadyError: before the warm-up.
            OverloadedError: the queue is full, or the deadline too near.
            ExpiredError: the deadline passed.
            ClosedError: the service is shutting down.
        """
        if self._batcher is None:
            raise NotReadyError(self.obstacle)
        return await self._batcher.submit(texts, explain=explain, deadline=deadline)

    def start(self, on_failure: Callable[[Exception], None]) -> None:
        """Load and warm up in the background, so that probes are answered meanwhile."""
        self._start_task = asyncio.create_task(self._start(on_failure))

    def drain(self) -> None:
        self.draining = True

    def end_bulk(self) -> None:
        self.ending = True

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
            measured = await warm_up(engine.encode, self._thread.predict, self._settings.max_batch_rows)
        except DeviceError as error:
            # A GPU may be given to the next process, not to this one; until then this one says why it waits.
            logger.critical("not ready", reason=str(error))
            self.obstacle = str(error)
            return
        except Exception as error:  # noqa: BLE001  whatever it is, this worker will never be ready
            on_failure(error)
            return
        settings = self._settings
        model = CostModel()
        model.calibrate(measured)
        batcher = Batcher(
            encode=engine.encode,
            compute=self._thread.predict,
            limits=BatchLimits(
                max_queue_rows=settings.max_queue_rows,
                max_rows=settings.max_batch_rows,
                max_cost=settings.max_batch_characters,
                target_s=settings.batch_target_s,
            ),
            model=model,
            observer=BatchMetrics(),
        )
        garbage.settle()
        self.model_name, self.model_version = engine.name, engine.version
        self._loop_task = asyncio.create_task(batcher.run())
        self._batcher = batcher
        MODEL_INFO.labels(engine.name, engine.version, settings.engine, engine.device).set(1)
        logger.info(
            "ready",
            model=engine.name,
            model_version=engine.version,
            engine=settings.engine,
            device=engine.device,
        )
