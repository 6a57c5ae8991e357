"""Where the engine computes: on a thread of its own, or on the event loop what takes no longer than going there."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.engines import TextEngine

# The thread and back is about 0.1 ms of two processors; requests that come meanwhile would wait for the engine anyway.
BRIEF_S = 0.002


class EngineThread:
    """Loads an engine from now on, and runs it; ONNX Runtime and torch let go of the interpreter lock."""

    def __init__(self, load: Callable[[], TextEngine]) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._loading = self._executor.submit(load)
        self._engine: TextEngine | None = None

    async def load(self) -> TextEngine:
        """Wait for the engine; raises whatever the loader raises."""
        self._engine = await asyncio.wrap_future(self._loading)
        return self._engine

    def predict(
        self, encoded: Sequence[EncodedText], explain: Sequence[bool], expected_s: float = math.inf
    ) -> Future[list[Prediction]]:
        """Begins at the call, which takes so long itself where that is brief; never overlap two."""
        if self._engine is None:
            raise RuntimeError("the engine is not loaded")
        loop = asyncio.get_running_loop()
        if expected_s > BRIEF_S or self._engine.device != "cpu":
            return loop.run_in_executor(self._executor, self._engine.predict, encoded, explain)
        answers: Future[list[Prediction]] = loop.create_future()
        try:
            # In a turn of their own, so that others have theirs between two batches.
            loop.call_soon(_settle, answers, self._engine.predict(encoded, explain))
        except Exception as error:  # noqa: BLE001  whatever it is, who awaits the answers hears of it
            answers.set_exception(error)
        return answers

    def close(self) -> None:
        """End the thread when it has finished what it does."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _settle(future: Future[list[Prediction]], answers: list[Prediction]) -> None:
    if not future.done():  # its awaiter may have been cancelled
        future.set_result(answers)
