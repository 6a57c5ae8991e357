"""Short texts that we wrote, each with the stars that a person would accept, and what a model makes of them.

Validation rows say how often a model is right; these say of what. `behaviour.csv` has one text a row: its kind, and the
accepted stars separated by spaces.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from opine_training.reviews import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from opine_training.metrics import Model

KINDS = (
    "negation",
    "double negation",
    "contrast",
    "understatement",
    "sarcasm",
    "comparatives",
    "star words",
    "one word",
    "emoji",
    "capitals",
    "stretched letters",
    "typos",
    "questions",
    "no opinion",
    "other languages",
    "long descriptions",
)
# Nobody knows from the words alone what a sarcastic text means: it is reported and not counted.
NOT_TO_BE_JUDGED = frozenset({"no opinion", "other languages"})
"""Kinds of which a person accepts, too, that a model says it cannot judge them."""
ONLY_COUNTED = frozenset({"sarcasm"})
"""Kinds that the shares over all kinds leave out."""
SUITE = resources.files("opine_training") / "behaviour.csv"

_COLUMNS = ["kind", "text", "stars"]
_STARS = {"1", "2", "3", "4", "5"}
_LONG_WORDS = 8  # in a shorter text each word may well decide
_SWING = 0.5  # of a score between 0 and 1: two stars


@dataclass(frozen=True, slots=True)
class Probe:
    """A text of the suite."""

    kind: str
    text: str
    accepted: frozenset[int]
    """Stars, 1-5."""


def read_probes(file: Traversable = SUITE) -> list[Probe]:
    """The suite of a file.

    Raises:
        DataError: a row has an unknown kind, no stars or others than 1-5, no text, or a text that is there already.
    """
    probes: list[Probe] = []
    seen: set[str] = set()
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    if rows.fieldnames != _COLUMNS:
        raise DataError(f"{file}: the columns are {rows.fieldnames}, not {_COLUMNS}")
    for number, row in enumerate(rows, start=1):
        if reason := _objection(row, seen):
            raise DataError(f"{file}: row {number}: {reason}")
        seen.add(row["text"])
        probes.append(Probe(row["kind"], row["text"], frozenset(map(int, row["stars"].split()))))
    return probes


def _objection(row: dict[str, str | None], seen: set[str]) -> str | None:
    """Why a row is no probe, if it is none."""
    kind, text, stars = (row[column] or "" for column in _COLUMNS)
    if kind not in KINDS:
        return f"no kind is named {kind!r}"
    if not text.strip():
        return "it has no text"
    if text in seen:
        return f"{text!r} is there already"
    if not stars or not set(stars.split()) <= _STARS:
        return f"{stars!r} are no stars; write numbers from 1 to 5, as in 4 5"
    return None


def behaviour(model: Model, probes: Sequence[Probe]) -> dict[str, Any] | None:
    """The share of texts of which a person would accept what is proposed, by kind, and how the score moves in typing.

    That nothing is proposed is accepted of texts without an opinion or in other languages, and of no others. `accepted`
    is of all kinds but sarcasm. `swing` reads every text of eight words and more word by word: the share of
    words that move the score by more than 0.5, and of texts with such a word. None of a model that proposes no stars.
    """
    predicted = model.predict([probe.text for probe in probes])
    if predicted.stars is None:
        return None
    abstained = np.zeros(len(probes), np.bool_) if predicted.abstained is None else predicted.abstained
    texts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for probe, stars, abstains in zip(probes, predicted.stars.tolist(), abstained.tolist(), strict=True):
        texts[probe.kind] += 1
        right[probe.kind] += probe.kind in NOT_TO_BE_JUDGED if abstains else stars in probe.accepted
    counted = [kind for kind in texts if kind not in ONLY_COUNTED]
    return {
        "texts": len(probes),
        "accepted": _share(sum(right[kind] for kind in counted), sum(texts[kind] for kind in counted)),
        "kinds": {kind: {"texts": count, "accepted": _share(right[kind], count)} for kind, count in texts.items()},
        "swing": swing(model, [probe.text for probe in probes]),
    }


def swing(model: Model, texts: Sequence[str]) -> dict[str, Any]:
    """How often one more word moves the score from one end towards the other, in texts of eight words and more."""
    longer = [words for words in (text.split() for text in texts) if len(words) >= _LONG_WORDS]
    prefixes = [" ".join(words[: count + 1]) for words in longer for count in range(len(words))]
    scores = np.split(model.predict(prefixes).scores, np.cumsum([len(words) for words in longer])[:-1])
    moves = [np.abs(np.diff(of_text)) > _SWING for of_text in scores]
    return {
        "texts": len(longer),
        "words": sum(len(each) for each in moves),
        "swinging_words": _share(sum(int(each.sum()) for each in moves), sum(len(each) for each in moves)),
        "swinging_texts": _share(sum(bool(each.any()) for each in moves), len(longer)),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
