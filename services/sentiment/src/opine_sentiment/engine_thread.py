"""The one thread that touches the engine."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.engines import TextEngine

T = TypeVar("T")


class EngineThread:
    """Loads an engine from now on, and runs it, off the event loop.

    ONNX Runtime and torch let go of the interpreter lock.
    """

    def __init__(self, load: Callable[[], TextEngine]) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._loading = self._executor.submit(load)
        self._engine: TextEngine | None = None

    async def load(self) -> TextEngine:
        """Wait for the engine; raises whatever the loader raises."""
        self._engine = await asyncio.wrap_future(self._loading)
        return self._engine

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool]) -> Awaitable[list[Prediction]]:
        """Begins at the call."""
        if self._engine is None:
            raise RuntimeError("the engine is not loaded")
        engine = self._engine
        return self._run(lambda: engine.predict(encoded, explain))

    def close(self) -> None:
        """End the thread when it has finished what it does."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self, call: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, call)
