"""The engine: made from the settings, warmed up, and run where it holds up least."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from charcnn.artefact import ArtefactError, read_manifest
from charcnn.devices import DeviceError, require_int8

from opine_sentiment.batching.work import ROW_COST, Computed
from opine_sentiment.cpu_limit import cpu_limit

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.settings import Settings

T = TypeVar("T")

BRIEF_S = 0.002
"""A batch that should take no longer is computed on the event loop: the thread and back is about 0.1 ms of two
processors, and requests that come meanwhile would wait for the engine anyway."""

SELF_TEST = "Good."
# Short and long, inside and outside ASCII: the first use of a path makes tables and buffers, and nobody should wait.
_WARM_UP = ["", SELF_TEST, "Très bien, livraison rapide — merci! " * 20]
_REVIEW = "The parcel came a day early, but support never answered my mail about the broken lid. " * 3
_SAMPLES = 2  # of each size; the cost model takes the faster


class TextEngine(Protocol):
    """What this service asks of `charcnn.engine.Engine`."""

    name: str
    version: str
    digest: str
    device: str

    def encode(self, text: str, /) -> EncodedText:
        """Raises UnicodeEncodeError for a lone surrogate."""
        ...

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]:
        """One prediction a text, in order; with contributions where `explain` says so."""
        ...


def check(settings: Settings) -> None:
    """See whether `load` can succeed, without a trace in this process: BentoML's supervisor stays small.

    Raises:
        charcnn.artefact.ArtefactError: the model cannot be used; the message says what to do.
        charcnn.devices.DeviceError: a GPU is required and none is visible, or the processor has no 8-bit dot product.
    """
    read_manifest(settings.model_dir, settings.model_digest or None)
    if settings.precision == "int8":
        require_int8()
    if settings.device == "cuda":
        # In a process of its own, since PyTorch is some hundred megabytes that a supervisor would keep.
        look = "import torch; raise SystemExit(not torch.cuda.is_available())"
        if subprocess.run([sys.executable, "-c", look], check=False).returncode:  # noqa: S603  our own words
            raise DeviceError(
                "device cuda is required and no GPU is visible to PyTorch: give this process a GPU (nvidia.com/gpu in "
                "Kubernetes) and the CUDA image, or set OPINE_SENTIMENT_DEVICE to auto"
            )


@dataclass(frozen=True, slots=True)
class VersionedText:
    """A text as one version reads it; versions share batches."""

    engine: TextEngine
    encoded: EncodedText

    def __len__(self) -> int:
        return len(self.encoded)


def predict(texts: Sequence[VersionedText], explain: Sequence[bool]) -> list[Prediction]:
    """One prediction a text, in order, each by its own version."""
    engines = dict.fromkeys(text.engine for text in texts)
    if len(engines) == 1:
        return texts[0].engine.predict([text.encoded for text in texts], explain)
    answers: dict[int, Prediction] = {}
    for engine in engines:
        indices = [index for index, text in enumerate(texts) if text.engine is engine]
        of_version = engine.predict([texts[i].encoded for i in indices], [explain[i] for i in indices])
        answers.update(zip(indices, of_version, strict=True))
    return [answers[index] for index in range(len(texts))]


def load(settings: Settings, folder: Path | None = None, digest: str | None = None) -> TextEngine:
    """Make the engine that the settings ask for.

    Args:
        settings: the service's.
        folder: the artefact; the settings' own if None.
        digest: that it must have; the settings' if None.

    Raises:
        charcnn.artefact.ArtefactError: the model cannot be used; the message says what to do.
        charcnn.devices.DeviceError: a GPU is required and none is visible.
    """
    from charcnn.engine import load_engine  # noqa: PLC0415  NumPy with it, which BentoML's supervisor can do without

    threads = settings.threads or cpu_limit()
    return load_engine(
        folder or settings.model_dir,
        settings.engine,
        threads,
        settings.device,
        settings.precision,
        digest=digest or (None if folder else settings.model_digest) or None,
    )


def load_cached(settings: Settings) -> TextEngine | None:
    """The version that was live last, where a registry is followed; None if there is none that can be loaded."""
    if settings.registry_url is None:
        return None
    from opine_sentiment.releases.registry import ArtefactCache  # noqa: PLC0415  without a registry not needed

    last = ArtefactCache(settings.cache_dir).last_live()
    try:
        return None if last is None else load(settings, *last)
    except (ArtefactError, DeviceError):
        # The shipped model answers until the registry is asked; a cache must not keep a pod from starting.
        return None


class EngineRunner:
    """Runs engines on one thread, which ONNX Runtime and torch use without the interpreter's lock.

    Args:
        engine: what is warmed up and, when it is doubted, tested. Texts bring the engine along that scores them.
    """

    def __init__(self, engine: TextEngine) -> None:
        self.engine = engine
        # One thread, for there is one batch at a time; those that share a batch are the engine's own.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    def predict(
        self, texts: Sequence[VersionedText], explain: Sequence[bool], expected_s: float = math.inf
    ) -> Future[Computed[Prediction]]:
        """Begins at the call, which takes so long itself where that is brief; never overlap two."""
        loop = asyncio.get_running_loop()
        # Never on the loop with a GPU: CUDA belongs to one thread here, and waiting for it would stop all requests.
        if expected_s > BRIEF_S or self.engine.device != "cpu":
            return loop.run_in_executor(self._executor, _compute, texts, explain)
        computed: Future[Computed[Prediction]] = loop.create_future()
        try:
            # Set in a turn of their own, so that others have theirs between two batches.
            loop.call_soon(_set_result, computed, _compute(texts, explain))
        except Exception as error:  # noqa: BLE001  whatever it is, who awaits the answers hears of it
            computed.set_exception(error)
        return computed

    async def warm_up(self, rows: int) -> list[tuple[int, float]]:
        """Use every path once, and measure the smallest and a large batch.

        Args:
            rows: texts of the large batch.

        Returns:
            Cost and seconds of each measured batch.
        """
        texts = [self.encode(text) for text in _WARM_UP]
        await self.predict(texts, [True] * len(texts))
        measured = []
        for batch in ([self.encode(SELF_TEST)], [self.encode(_REVIEW)] * rows):
            cost = sum(len(text) + ROW_COST for text in batch)
            for _ in range(_SAMPLES):
                computed = await self.predict(batch, [False] * len(batch))
                measured.append((cost, computed.seconds))
        return measured

    async def self_test(self) -> None:
        """Compute a text that was computed in the warm-up; raises what the engine raises."""
        await self.predict([self.encode(SELF_TEST)], [False])

    def encode(self, text: str) -> VersionedText:
        """A text for the engine that is warmed up; raises UnicodeEncodeError for a lone surrogate."""
        return VersionedText(self.engine, self.engine.encode(text))

    async def run(self, work: Callable[[], T]) -> T:
        """Do something else on the engines' thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """End the thread when it has finished what it does."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _compute(texts: Sequence[VersionedText], explain: Sequence[bool]) -> Computed[Prediction]:
    started = time.monotonic()
    answers = predict(texts, explain)
    return Computed(answers, time.monotonic() - started)


def _set_result(future: Future[Computed[Prediction]], computed: Computed[Prediction]) -> None:
    if not future.done():  # its awaiter may have been cancelled
        future.set_result(computed)
