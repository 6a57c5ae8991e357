"""From the settings to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from charcnn.artefact import ArtefactError, read_manifest
from charcnn.devices import DeviceError

from opine_sentiment.cpu_limit import cpu_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

    from opine_sentiment.settings import Settings

__all__ = ["ArtefactError", "DeviceError", "TextEngine", "check", "load"]


class TextEngine(Protocol):
    """What this service asks of `charcnn.engine.Engine`."""

    name: str
    version: str
    device: str

    def encode(self, text: str, /) -> EncodedText: ...

    def predict(self, encoded: Sequence[EncodedText], explain: Sequence[bool], /) -> list[Prediction]: ...


def check(settings: Settings) -> None:
    """Look at the artefact without loading an engine.

    Raises:
        ArtefactError: the model cannot be used; the message says what to do.
    """
    read_manifest(settings.model_dir)


def load(settings: Settings) -> TextEngine:
    """Make the engine that the settings ask for.

    Raises:
        ArtefactError: the model cannot be used; the message says what to do.
        DeviceError: a GPU is required and none is visible.
    """
    # Imported where it is used, for the supervisor never does.
    from charcnn.engine import load_engine  # noqa: PLC0415

    threads = settings.threads or cpu_limit()
    return load_engine(settings.model_dir, settings.engine, threads, settings.device)
