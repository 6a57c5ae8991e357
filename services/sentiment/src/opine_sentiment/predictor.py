"""A model from its warm-up to the end of the service: the one door to the batcher, whichever API a text came by."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from opine_common.request_ids import SESSION_HEADER
from opine_common.text import lone_surrogate

from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.work import Failed, RejectedError
from opine_sentiment.engine import EngineRunner, VersionedText
from opine_sentiment.metrics import (
    CANARY_REQUESTS,
    PREDICTIONS,
    SHADOW_FLIPS,
    SHADOW_SCORE_DISTANCE,
    SHADOW_TEXTS,
    TEXT_ERRORS,
    BatchMetrics,
    HealthMetrics,
)
from opine_sentiment.releases.serving import ServedVersions, version_of
from opine_sentiment.schemas import TextError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from charcnn.prediction import Prediction

    from opine_sentiment.batching.work import BatchTimes
    from opine_sentiment.engine import TextEngine
    from opine_sentiment.releases.follower import ReleaseFollower
    from opine_sentiment.releases.serving import Serving, Source, Version
    from opine_sentiment.schemas import Model
    from opine_sentiment.settings import Settings


logger = logging.getLogger("opine.sentiment")

INTERNAL = TextError(code="internal", message="the text could not be scored; the service's log has the reason")
# Texts in the large batch of the warm-up: enough to tell what a text costs beside what a batch does. 64 would take
# a tenth of a second more.
_WARM_UP_ROWS = 16
# New objects before a young, a middle and a full collection; Python's own numbers are 700, 10 and 10.
_GC_THRESHOLDS = (5_000, 20, 50)
# How long the start waits for the registry: a pod that never gets ready because the API is away would be worse than one
# that answers with the version it has.
_FIRST_PLAN_S = 10.0

SLOW_S = 0.25
"""A request that takes longer is slow where versions are compared."""

DIGEST_HEADER = "X-Model-Digest"
"""The version that a request insists on."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one version says of texts, or why it says nothing."""

    model: Model
    outcomes: list[Prediction | TextError]


class NotReadyError(RejectedError):
    """The model has not answered its warm-up yet."""


class Predictor:
    """Answers from the end of a warm-up until `stop`."""

    def __init__(self, settings: Settings, engine: TextEngine, source: Source = "shipped") -> None:
        self._settings = settings
        self._runner = EngineRunner(engine)
        self._batcher: Batcher[VersionedText, Prediction] | None = None
        self._follower: ReleaseFollower | None = None
        self._following: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.versions = ServedVersions(version_of(engine), source, settings.engine, settings.precision)
        self._spans_of_request: Callable[[], Callable[[BatchTimes], None] | None] | None = None
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

    def choose(self, headers: Mapping[str, str]) -> Version:
        """The version that answers a request, by its `X-Session-ID` and `X-Model-Digest`.

        Raises:
            NotLoadedError: it insists on a version that is not loaded here.
        """
        return self.versions.serving.choose(headers.get(SESSION_HEADER), headers.get(DIGEST_HEADER))

    async def predict(self, texts: Sequence[str], *, version: Version, explain: bool, deadline: float) -> Scored:
        """One prediction a text, in order, or why there is none, by `deadline` on the clock `time.monotonic`.

        Raises:
            RejectedError: what its subclasses say; then nothing was scored.
        """
        with _watched(self.versions.serving, version):
            return await self._predict(texts, version, explain=explain, deadline=deadline)

    async def _predict(self, texts: Sequence[str], version: Version, *, explain: bool, deadline: float) -> Scored:
        # Checked first: the engine must never see a text that it cannot encode or that is too long.
        longest = self._settings.max_characters
        checked = [check_text(text, longest) for text in texts]
        answers = await self._submit(checked, version, explain=explain, deadline=deadline)
        serving = self.versions.serving
        if version is serving.candidate and any(isinstance(answer, Failed) for answer in answers):
            # Nobody pays for a candidate's fault.
            again = await self._submit(checked, serving.live, explain=explain, deadline=deadline)
            # A text at which both fail is the text's fault.
            both = zip(answers, again, strict=True)
            if any(isinstance(one, Failed) and not isinstance(other, Failed) for one, other in both):
                self.versions.refuse(version.model.digest, "failed", "it fails at a text that the live version scores")
            version, answers = serving.live, again
        scored = self._scored(version, answers)
        if version is serving.live and serving.shadow is not None:
            self._shadow(serving.shadow, texts, scored.outcomes)
        return scored

    async def predict_checked(
        self, texts: Sequence[str | TextError], *, version: Version, explain: bool, deadline: float
    ) -> Scored:
        """The same of texts some of which are known to be none, by this version and no other; nothing shadows it."""
        return self._scored(version, await self._submit(texts, version, explain=explain, deadline=deadline))

    def _scored(self, version: Version, answers: Sequence[Prediction | Failed | TextError]) -> Scored:
        role = self.versions.serving.role(version)
        outcomes: list[Prediction | TextError] = []
        for answer in answers:
            outcome = INTERNAL if isinstance(answer, Failed) else answer
            if isinstance(outcome, TextError):
                TEXT_ERRORS.labels(outcome.code).inc()
            else:
                PREDICTIONS.labels(outcome.label, version.model.version, role).inc()
            outcomes.append(outcome)
        return Scored(version.model, outcomes)

    def _shadow(self, shadow: Version, texts: Sequence[str], outcomes: Sequence[Prediction | TextError]) -> None:
        """Let the shadow score what was answered, if there is time, and count how its answers differ."""
        assert self._batcher is not None  # noqa: S101  it has just answered
        both = zip(texts, outcomes, strict=True)
        shown = [(text, outcome) for text, outcome in both if not isinstance(outcome, TextError)]
        SHADOW_TEXTS.labels(shadow.model.version, "offered").inc(len(shown))
        encode = _encoder(shadow)
        for text, prediction in shown:
            self._batcher.offer(text, encode=encode, on_answer=partial(_count_shadow, shadow.model.version, prediction))

    async def _submit(
        self, texts: Sequence[str | TextError], version: Version, *, explain: bool, deadline: float
    ) -> list[Prediction | Failed | TextError]:
        if self._batcher is None:
            raise NotReadyError
        encode = _encoder(version)
        scorable = [text for text in texts if isinstance(text, str)]
        on_batch = self._spans_of_request and self._spans_of_request()
        computed = iter(
            await self._batcher.submit(scorable, encode=encode, explain=explain, deadline=deadline, on_batch=on_batch)
        )
        return [text if isinstance(text, TextError) else next(computed) for text in texts]

    async def stop(self) -> None:
        """Answer what was accepted, then let the engine go."""
        # The follower first, so that no version changes any more; the engine last, for the batcher needs it to the end.
        if self._following is not None:
            self._following.cancel()
        if self._batcher is None:
            for task in self._tasks:
                task.cancel()
        else:
            self._batcher.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._follower is not None:
            await self._follower.registry.close()
        self._runner.close()

    async def _start(self, on_failure: Callable[[Exception], None]) -> None:
        settings = self._settings
        try:
            measured = await self._runner.warm_up(min(_WARM_UP_ROWS, settings.max_batch_rows))
        except Exception as error:  # noqa: BLE001  whatever it is, this process will never be ready
            on_failure(error)
            return
        # Measured here, not configured: a pod's share of a CPU is only known once it runs.
        model = CostModel()
        model.calibrate(measured)
        batcher: Batcher[VersionedText, Prediction] = Batcher(
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
        self.versions.tell()
        if settings.registry_url is not None:
            await self._follow_releases(str(settings.registry_url))
        freeze_gc()  # after all that stays was loaded, before the first request makes what does not
        self._tasks.append(asyncio.create_task(batcher.run()))
        self._batcher = batcher  # from here on it is ready
        live = self.versions.serving.live
        logger.info(
            "ready",
            extra={
                "model": live.model.name,
                "model_version": live.model.version,
                "model_digest": live.model.digest,
                "engine": settings.engine,
                "device": live.engine.device,
            },
        )

    async def _follow_releases(self, registry_url: str) -> None:
        """Follow the plan once before anybody is answered, if the registry is there, and from then on."""
        from opine_sentiment.releases.follower import ReleaseFollower  # noqa: PLC0415  without a registry not needed
        from opine_sentiment.releases.registry import ArtefactCache, Registry  # noqa: PLC0415

        cache = ArtefactCache(self._settings.cache_dir)
        follower = ReleaseFollower(self._settings, Registry(registry_url), cache, self.versions, self._runner)
        self._follower = follower
        try:
            async with asyncio.timeout(_FIRST_PLAN_S):
                await follower.step()
        except TimeoutError:
            logger.warning("the release plan was not followed within %g s; it goes on being tried", _FIRST_PLAN_S)
        self._following = asyncio.create_task(follower.run())


@contextmanager
def _watched(serving: Serving, version: Version) -> Iterator[None]:
    """Count how a request went while a candidate is seen; both versions are judged by the same time."""
    if not serving.weight or version not in (serving.live, serving.candidate):
        yield
        return
    begun = time.monotonic()
    outcome: str | None = "failed"
    try:
        yield
        outcome = "slow" if time.monotonic() - begun > SLOW_S else "answered"
    except asyncio.CancelledError:
        outcome = None  # who has hung up was not failed
        raise
    finally:
        if outcome is not None:
            CANARY_REQUESTS.labels(str(serving.release), serving.role(version), outcome).inc()


def _encoder(version: Version) -> Callable[[str], VersionedText]:
    engine = version.engine
    return lambda text: VersionedText(engine, engine.encode(text))


def _count_shadow(version: str, shown: Prediction, answer: Prediction | Failed) -> None:
    if isinstance(answer, Failed):
        SHADOW_TEXTS.labels(version, "failed").inc()
        return
    SHADOW_TEXTS.labels(version, "compared").inc()
    SHADOW_SCORE_DISTANCE.labels(version).observe(abs(answer.score - shown.score))
    if answer.stars != shown.stars:
        SHADOW_FLIPS.labels(version, "stars").inc()
    if answer.label != shown.label:
        SHADOW_FLIPS.labels(version, "label").inc()


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
