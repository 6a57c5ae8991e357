from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from opine_training.config import (
    DeviceName,
    HardwareConfig,
    Precision,
    ReadConfig,
    SelectionConfig,
    flat,
    parse,
)
from opine_training.runs import LOG, log_to
from opine_training.teacher.config import TeachConfig, require_packages

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Teach:
    """Fine-tune a sentence encoder on the training rows and write its logits of them as soft labels for `train`.

        teach --data reviews/ --run runs/teacher
        train --data reviews/ --loss.soft-targets runs/teacher/soft-targets.npz --loss.soft-weight 0.5

    The encoder is all-MiniLM-L6-v2 or, by `--encoder mpnet`, all-mpnet-base-v2; Python packages carry their weights. It
    labels every text as a whole, a beginning of it and a clause. Give `train` the same data and selection. Started
    again with the same folder, a run that was stopped or killed goes on where it was.
    """

    data: Path
    """A CSV file or a folder, as for `train`."""
    run: Path = Path("runs/teacher")
    """The run's folder."""
    weights: Path | None = None
    """A finished teacher's teacher.safetensors, to label without training; take another folder than its own."""
    opinions: bool = True
    """Whether it labels; a run that was only trained labels when it is started again."""
    device: DeviceName = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Precision = "auto"
    """`auto` is bfloat16 where the device computes in it, float32 elsewhere."""
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)
    teaching: Annotated[TeachConfig, flat] = field(default_factory=TeachConfig)


def main(arguments: Sequence[str]) -> None:
    command = parse(Teach, "teach", arguments)
    # Asked first, so that a missing package is one sentence and not a traceback of imports.
    require_packages(command.teaching.encoder)
    from opine_training.teacher.run import TeachRequest, teach  # noqa: PLC0415  it imports those packages

    command.run.mkdir(parents=True, exist_ok=True)
    request = TeachRequest(
        data=command.data,
        folder=command.run,
        weights=command.weights,
        opinions=command.opinions,
        reading=command.reading,
        selection=command.selection,
        config=command.teaching,
        hardware=HardwareConfig(device=command.device, precision=command.precision, compile="off"),
        command=["python", "-m", "opine_training", "teach", *arguments],
    )
    with log_to(command.run / LOG):
        teach(request)
