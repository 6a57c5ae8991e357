"""A model from its warm-up to the end of the service: the one door to the batcher, whichever API a text came by."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import structlog
from opine_common.text import lone_surrogate

from opine_sentiment.batching.batcher import Batcher, Failed
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.errors import RejectedError
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.engine import EngineRunner
from opine_sentiment.metrics import MODEL_INFO, PREDICTIONS, TEXT_ERRORS, BatchMetrics, HealthMetrics
from opine_sentiment.schemas import Model, TextError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.batching.batcher import BatchTimes
    from opine_sentiment.engine import TextEngine
    from opine_sentiment.settings import Settings

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("opine.sentiment")

INTERNAL = TextError(code="internal", message="the text could not be scored; the service's log has the reason")
# Enough to tell what a text costs beside what a batch does; a whole batch of 64 would take a tenth of a second more.
_WARM_UP_ROWS = 16
# New objects before a young, a middle and a full collection; Python's own numbers are 700, 10 and 10.
_GC_THRESHOLDS = (5_000, 20, 50)


class NotReadyError(RejectedError):
    """The model has not answered its warm-up yet."""


class Predictor:
    """Answers from the end of a warm-up until `stop`."""

    def __init__(self, settings: Settings, engine: TextEngine) -> None:
        self._settings = settings
        self._runner = EngineRunner(engine)
        self._batcher: Batcher[EncodedText, Prediction] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.model = Model(name=engine.name, version=engine.version, digest=engine.digest)
        self._spans_of_request: Callable[[], Callable[[BatchTimes], None]] | None = None
        if settings.otlp_endpoint is not None:
            from opine_sentiment.tracing import spans_of_request  # noqa: PLC0415  costs time and memory

            self._spans_of_request = spans_of_request

    @property
    def ready(self) -> bool:
        """The model has answered its warm-up, and its engine works."""
        return self._batcher is not None and self._batcher.working

    @property
    def alive(self) -> bool:
        """False where only a new process helps."""
        return self._batcher is None or not self._batcher.dead

    def start(self, on_failure: Callable[[Exception], None]) -> None:
        """Warm up in the background, so that probes are answered meanwhile.

        Args:
            on_failure: hears why this process will never be ready.
        """
        self._tasks.append(asyncio.create_task(self._start(on_failure)))

    async def predict(self, texts: Sequence[str], *, explain: bool, deadline: float) -> list[Prediction | TextError]:
        """One prediction a text, in order, or why there is none, by `deadline` on the clock `time.monotonic`.

        Raises:
            RejectedError: what its subclasses say; then nothing was scored.
        """
        settings = self._settings
        checked = [check_text(text, settings.max_characters) for text in texts]
        return await self.predict_checked(checked, explain=explain, deadline=deadline)

    async def predict_checked(
        self, texts: Sequence[str | TextError], *, explain: bool, deadline: float
    ) -> list[Prediction | TextError]:
        """The same of texts some of which are known to be none."""
        if self._batcher is None:
            raise NotReadyError
        scorable = [text for text in texts if isinstance(text, str)]
        on_batch = self._spans_of_request and self._spans_of_request()
        answers = iter(await self._batcher.submit(scorable, explain=explain, deadline=deadline, on_batch=on_batch))
        outcomes: list[Prediction | TextError] = []
        for text in texts:
            answer = text if isinstance(text, TextError) else next(answers)
            outcome = INTERNAL if isinstance(answer, Failed) else answer
            if isinstance(outcome, TextError):
                TEXT_ERRORS.labels(outcome.code).inc()
            else:
                PREDICTIONS.labels(outcome.label, self.model.version).inc()
            outcomes.append(outcome)
        return outcomes

    async def stop(self) -> None:
        """Answer what was accepted, then let the engine go."""
        if self._batcher is None:
            for task in self._tasks:
                task.cancel()
        else:
            self._batcher.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._runner.close()

    async def _start(self, on_failure: Callable[[Exception], None]) -> None:
        settings, engine = self._settings, self._runner.engine
        try:
            measured = await self._runner.warm_up(min(_WARM_UP_ROWS, settings.max_batch_rows))
        except Exception as error:  # noqa: BLE001  whatever it is, this process will never be ready
            on_failure(error)
            return
        model = CostModel()
        model.calibrate(measured)
        batcher: Batcher[EncodedText, Prediction] = Batcher(
            encode=engine.encode,
            compute=self._runner.predict,
            limits=BatchLimits(
                max_queue_rows=settings.max_queue_rows,
                max_rows=settings.max_batch_rows,
                max_cost=settings.max_batch_characters,
                target_s=settings.batch_target_s,
            ),
            model=model,
            health=EngineHealth(self._runner.self_test, HealthMetrics()),
            observer=BatchMetrics(),
        )
        freeze_gc()
        self._tasks.append(asyncio.create_task(batcher.run()))
        self._batcher = batcher
        MODEL_INFO.labels(engine.name, engine.version, engine.digest, settings.engine, engine.device).set(1)
        logger.info(
            "ready",
            model=engine.name,
            model_version=engine.version,
            model_digest=engine.digest,
            engine=settings.engine,
            device=engine.device,
        )


def check_text(text: str, max_characters: int) -> str | TextError:
    """The text, or what is wrong with it before any model has seen it."""
    if len(text) > max_characters:
        return TextError(code="too_long", message=f"the text has {len(text)} characters; {max_characters} are allowed")
    if (position := lone_surrogate(text)) is not None:
        message = f"character {position} is half of a surrogate pair, so this is no Unicode text"
        return TextError(code="invalid", message=message)
    return text


def freeze_gc() -> None:
    """Everything that is there stays for good: collections leave it alone, and full ones become rare.

    A full collection stops every request while it lasts, and without this it looks at all imported code each time
    (measured: docs/benchmarks.md). What little garbage the start has left (1 object of 70) is not worth one.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
