from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from opine_training.config.hardware import HardwareConfig
    from opine_training.config.reading import ReadConfig
    from opine_training.config.selection import SelectionConfig
    from opine_training.config.training import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run as it was asked for."""

    data: Path
    folder: Path
    name: str
    version: str
    reading: ReadConfig
    selection: SelectionConfig
    config: TrainConfig
    weights: Path | None
    hardware: HardwareConfig
    word_tfidf: bool
    command: Sequence[str]
