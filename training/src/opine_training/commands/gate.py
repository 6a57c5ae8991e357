"""Whether a fine-tuned version may be registered: judged beside the live one before anybody sees it.

What it says of the newest reviews is compared review by review: both versions propose stars for the same text, and only
where they differ does a review tell them apart. Nobody can write into the suite of our own texts, so that no bought
crowd moves it; its shares are compared as they are, for all of it is always read.
"""

from __future__ import annotations

import gc
import json
import logging
import math
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  tyro asks for the type
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from charcnn.archive import pack
from charcnn.artefact import CARD, REPORT, read_manifest, write_manifest
from charcnn.engine import load_engine
from charcnn.prediction import calibrated_probabilities, decide_labels, proposed_stars
from scipy.stats import norm

from opine_training.artefacts import ServedModel, engine_logits
from opine_training.behaviour import ONLY_COUNTED, behaviour, read_probes
from opine_training.config import flat, parse, require_positive, require_shares
from opine_training.labels import read_labelled
from opine_training.registry import Registry
from opine_training.report import verdict_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from charcnn.engine import Engine
    from numpy.typing import NDArray

    from opine_training.labels import Labels

REFUSED = 3
"""Exit status of what was judged and refused."""
_JUDGED = "\n## How it was judged\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a version must hold to."""

    margin: float = 0.01
    """Share of proposals that people leave: the interval of its difference must not reach so far below zero."""
    confidence: float = 0.95
    """Of the interval, on both sides."""
    least_reviews: int = 50
    """Held-out reviews written here, without which nobody can say anything."""
    behaviour: float = 0.01
    """Share of our own texts that may be accepted less often, and of words in them that may swing the score more."""
    kind: float = 0.15
    """The same of the texts of one kind, which are some twenty."""
    latency: float = 1.25
    """Most processor time for a text, in multiples of the live version's."""
    size: float = 1.1
    """Most bytes, in multiples of the live version's."""

    def __post_init__(self) -> None:
        require_shares(self, "confidence", "behaviour", "kind")
        require_positive(self, "margin", "least_reviews", "latency", "size")


@dataclass(frozen=True, slots=True)
class Check:
    """One question, with its answer."""

    name: str
    passed: bool
    said: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """N texts as both versions read them."""

    days: list[date]
    live: NDArray[np.bool_]
    """Whether the author left the proposal, shape (N,)."""
    candidate: NDArray[np.bool_]

    def shares_by_day(self) -> dict[date, tuple[float, float]]:
        """Of the proposals that authors left: the live version's and the candidate's, in order of time."""
        by_day: defaultdict[date, list[int]] = defaultdict(list)
        for index, day in enumerate(self.days):
            by_day[day].append(index)
        return {
            day: (float(self.live[indices].mean()), float(self.candidate[indices].mean()))
            for day, indices in sorted(by_day.items())
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All answers."""

    checks: list[Check]
    judged: Judged = field(repr=False)
    """The reviews that were written here."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> list[str]:
        """Why it is refused."""
        return [check.said for check in self.checks if not check.passed]

    def as_dict(self) -> dict[str, Any]:
        checks = {check.name: {"passed": check.passed, "said": check.said, **check.figures} for check in self.checks}
        return {"passed": self.passed, "checks": checks}


def judge(live: Engine, candidate: Engine, folders: tuple[Path, Path], held_out: Labels, limits: Limits) -> Verdict:
    """Compare two versions.

    Args:
        live: the version that answers now.
        candidate: the one that was made from it.
        folders: theirs.
        held_out: reviews that neither learned from.
        limits: what the candidate must hold to.
    """
    reasons = live.abstentions([live.encode(text) for text in held_out.texts])
    judgeable = np.array([reason is None for reason in reasons], np.bool_)
    here = judgeable & held_out.written_here
    judged = _judged(live, candidate, held_out, np.flatnonzero(here))
    elsewhere = _judged(live, candidate, held_out, np.flatnonzero(judgeable & ~here))
    checks = [
        _of_corrections(judged, limits),
        _of_others(elsewhere, limits),
        _of_behaviour(live, candidate, limits),
        _of_latency(live, candidate, held_out.texts, limits),
        _of_size(*folders, limits),
    ]
    return Verdict(checks, judged)


def _judged(live: Engine, candidate: Engine, held_out: Labels, chosen: NDArray[np.intp]) -> Judged:
    texts, stars = [held_out.texts[index] for index in chosen], held_out.stars[chosen]
    kept = [proposals(engine, texts) - 1 == stars for engine in (live, candidate)]
    return Judged([held_out.days[index] for index in chosen], *kept)


def proposals(engine: Engine, texts: Sequence[str]) -> NDArray[np.intp]:
    """Stars 1-5, shape (N,)."""
    calibration = engine.manifest.calibration
    probabilities = calibrated_probabilities(engine_logits(engine, texts), calibration)
    return proposed_stars(probabilities, decide_labels(probabilities, calibration))


def paired_interval(better: int, worse: int, rows: int, confidence: float) -> tuple[float, float, float]:
    """Difference of two paired shares with its interval (Agresti and Min 2005).

    Wald's with half a pair more in each cell, which keeps its promise for few pairs, where a bootstrap of three
    differing pairs knows no other result than theirs.

    Args:
        better: pairs of which only the second is right.
        worse: pairs of which only the first is.
        rows: all pairs.
        confidence: of the interval.
    """
    difference, rows = (better - worse) / (rows + 2), rows + 2
    deviation = math.sqrt(max((better + worse + 1) - rows * difference**2, 0)) / rows
    half = float(norm.ppf(0.5 + confidence / 2)) * deviation
    return difference, difference - half, difference + half


def _compared(judged: Judged, limits: Limits) -> dict[str, Any]:
    better, worse = int((judged.candidate & ~judged.live).sum()), int((judged.live & ~judged.candidate).sum())
    rows = len(judged.live)
    difference, low, high = paired_interval(better, worse, rows, limits.confidence)
    return {
        "reviews": rows,
        "live": round(float(judged.live.mean()), 4) if rows else None,
        "candidate": round(float(judged.candidate.mean()), 4) if rows else None,
        "better": better,
        "worse": worse,
        "difference": round(difference, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _interval(figures: dict[str, Any]) -> str:
    return f"{figures['difference']:+.1%} ({figures['low']:+.1%} to {figures['high']:+.1%})"


def _of_corrections(judged: Judged, limits: Limits) -> Check:
    figures = _compared(judged, limits) | {"margin": limits.margin}
    if figures["reviews"] < limits.least_reviews:
        said = f"only {figures['reviews']} reviews are held out; {limits.least_reviews} are needed"
        return Check("corrections", passed=False, said=said, figures=figures)
    passed = figures["low"] > -limits.margin
    of = f"of {figures['reviews']} held-out reviews"
    said = (
        f"people would leave {_interval(figures)} more of its proposals, {of}"
        if passed
        else f"it may be worse than the live version by more than {limits.margin:.0%}: {_interval(figures)} {of}"
    )
    return Check("corrections", passed, said, figures)


def _of_others(judged: Judged, limits: Limits) -> Check:
    """Whether something is forgotten; a sign of it is enough, and no proof of the contrary is asked for."""
    figures = _compared(judged, limits)
    passed = figures["high"] >= 0
    said = (
        f"of {figures['reviews']} reviews read elsewhere: {_interval(figures)}"
        if passed
        else f"it has forgotten of reviews read elsewhere: {_interval(figures)} of {figures['reviews']}"
    )
    return Check("others", passed, said, figures)


def _of_behaviour(live: Engine, candidate: Engine, limits: Limits) -> Check:
    probes = read_probes()
    before, after = (behaviour(ServedModel(engine), probes) for engine in (live, candidate))
    assert before is not None  # noqa: S101  both propose stars
    assert after is not None  # noqa: S101
    lost = {kind: of["accepted"] - after["kinds"][kind]["accepted"] for kind, of in before["kinds"].items()}
    reasons = [f"{share:.0%} of {kind}" for kind, share in lost.items()
               if share > limits.kind and kind not in ONLY_COUNTED]  # fmt: skip
    if after["accepted"] < before["accepted"] - limits.behaviour:
        reasons.append(f"{before['accepted'] - after['accepted']:.1%} of all")
    swing = after["swing"]["swinging_words"] - before["swing"]["swinging_words"]
    if swing > limits.behaviour:
        reasons.append(f"{swing:.1%} more words swing the score")
    said = (
        "of our own texts it gets wrong what the live version gets right: " + ", ".join(reasons)
        if reasons
        else f"of our own texts {after['accepted']:.1%} are accepted, {before['accepted']:.1%} of the live version's"
    )
    return Check("behaviour", not reasons, said, {"live": before, "candidate": after})


_TIMED_TEXTS, _ROUNDS = 50, 7


def _of_latency(live: Engine, candidate: Engine, texts: Sequence[str], limits: Limits) -> Check:
    chosen = texts[-_TIMED_TEXTS:] or ["Great shop!"]
    # A collection of garbage would be charged to the version at which it happens.
    gc.collect()
    gc.disable()
    try:
        # Its own seconds and not those of the clock, by turns, and the best of each: others use this machine, too.
        rounds = [(_seconds(live, chosen), _seconds(candidate, chosen)) for _ in range(_ROUNDS)]
    finally:
        gc.enable()
    before, after = (min(each) / len(chosen) for each in zip(*rounds, strict=True))
    figures = {"live_cpu_s": round(before, 6), "candidate_cpu_s": round(after, 6), "ratio": round(after / before, 3)}
    said = f"a text costs {figures['ratio']:.2f} times the processor time of the live version"
    return Check("latency", figures["ratio"] <= limits.latency, said, figures)


def _seconds(engine: Engine, texts: Sequence[str]) -> float:
    begun = time.process_time()
    for text in texts:
        engine.predict([engine.encode(text)], [False])
    return time.process_time() - begun


def _of_size(live: Path, candidate: Path, limits: Limits) -> Check:
    before, after = (len(pack(folder)) for folder in (live, candidate))
    said = f"it has {after:,} bytes, {after / before:.2f} times the live version's"
    return Check("size", after <= limits.size * before, said, {"live": before, "candidate": after})


def gate(live: Path, candidate: Path, held_out: Labels, limits: Limits) -> Verdict:
    """Judge, and let the candidate's folder say how.

    Raises:
        ArtefactError: a folder holds no model.
    """
    verdict = judge(load_engine(live), load_engine(candidate), (live, candidate), held_out, limits)
    manifest = read_manifest(candidate)
    manifest = manifest.model_copy(update={"metrics": manifest.metrics | {"gate": verdict.as_dict()}})
    write_manifest(candidate, manifest)
    title = f"{manifest.name} {manifest.version}"
    page = verdict_page(title, manifest.training, verdict.as_dict(), verdict.judged.shares_by_day())
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
