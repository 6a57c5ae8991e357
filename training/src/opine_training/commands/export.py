from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from opine_training.artefacts import export_run
from opine_training.config import parse

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Write the best epoch of a run so far as an artefact, calibrated on the run's tuning rows.

        export --run runs/mine --out my-model --version 0.2.0

    A finished run has exported already; this is for one that still trains or was given up. The artefact's card
    says that it has not been evaluated.
    """

    run: Path = Path("runs/default")
    """The run's folder."""
    out: Path
    """The artefact's folder; what is there is replaced."""
    version: str = "0.1.0"
    """Of the model."""


def main(arguments: Sequence[str]) -> None:
    command = parse(Export, "export", arguments)
    export_run(command.run, command.out, command.version)
    sys.stdout.write(f"{command.out}\n")
