"""Judge a version beside the live one; what is refused is not registered."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  tyro asks for the type
from typing import TYPE_CHECKING, Annotated

from charcnn.artefact import CARD, REPORT, read_manifest
from charcnn.engine import load_engine

from opine_training.config import flat, parse
from opine_training.fine_tuned import write_manifest
from opine_training.gate import Limits, judge
from opine_training.gate_report import report_page
from opine_training.labels import read_labelled
from opine_training.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_training.gate import Verdict
    from opine_training.labels import Labels

REFUSED = 3
"""Exit status of what was judged and refused."""
_JUDGED = "\n## How it was judged\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Judge a version beside the live one, on the held-out reviews of a dataset and on texts of our own.

        gate --live services/sentiment/model --candidate runs/tuned/artefact --dataset datasets/opine

    Prints the verdict and ends with 0 if it passed, with 3 if it is refused. The candidate's card, its manifest and its
    report.html say how it was judged; its digest is another one then. With --registry one that passed is registered.
    """

    live: Path
    """Artefact folder of the version that answers now."""
    candidate: Path
    """Artefact folder of the version to judge."""
    dataset: Path
    """Folder that `dataset` has written: its held-out reviews are asked."""
    registry: str = ""
    """URL of the reviews API, where a version that passed is registered; OPINE_TRAINING_REGISTRY_TOKEN is its token."""
    limits: Annotated[Limits, flat] = field(default_factory=Limits)


def main(arguments: Sequence[str]) -> None:
    command = parse(Gate, "gate", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    verdict = gate(command.live, command.candidate, read_labelled(command.dataset).held_out, command.limits)
    sys.stdout.write(json.dumps(verdict.as_dict(), indent=2) + "\n")
    if not verdict.passed:
        sys.exit(REFUSED)
    if command.registry:
        parent = load_engine(command.live).digest
        training_run = str(read_manifest(command.candidate).training.get("run", ""))
        Registry(command.registry).register(command.candidate, parent=parent, training_run=training_run)


def gate(live: Path, candidate: Path, held_out: Labels, limits: Limits) -> Verdict:
    """Judge, and let the candidate's folder say how.

    Raises:
        ArtefactError: a folder holds no model.
    """
    verdict = judge(load_engine(live), load_engine(candidate), (live, candidate), held_out, limits)
    manifest = read_manifest(candidate)
    manifest = manifest.model_copy(update={"metrics": manifest.metrics | {"gate": verdict.as_dict()}})
    write_manifest(candidate, manifest)
    page = report_page(f"{manifest.name} {manifest.version}", manifest.training, verdict)
    (candidate / REPORT).write_text(page, encoding="utf-8")
    card = (candidate / CARD).read_text() if (candidate / CARD).exists() else ""
    (candidate / CARD).write_text(card.partition(_JUDGED)[0] + _JUDGED + _section(verdict))
    return verdict


def _section(verdict: Verdict) -> str:
    rows = "\n".join(
        f"| {check.name} | {'passed' if check.passed else 'refused'} | {check.said} |" for check in verdict.checks
    )
    return f"""
{"It passed." if verdict.passed else "It is refused."} `{REPORT}` has the pictures.

| check | | |
| --- | --- | --- |
{rows}
"""
