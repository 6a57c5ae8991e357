"""Score a model on review files: every file by itself and all five-star files together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from opine_training.data.errors import DataError
from opine_training.evaluation.figures import star_figures, two_class_figures
from opine_training.evaluation.reading import joined
from opine_training.evaluation.selection import RULE, scored_rows
from opine_training.evaluation.variants import BEGINNINGS, ROBUSTNESS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from opine_training.data.rows import LeftOut, ReviewFile
    from opine_training.evaluation.reading import Reader, Reading
    from opine_training.evaluation.selection import SplitChoice
    from opine_training.evaluation.variants import Variant

_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Scored:
    """A set of reviews with what a model says of them."""

    name: str
    split: str
    benchmark: bool
    kind: str
    """The file's label scheme."""
    texts: list[str]
    stars: NDArray[np.int64]
    readings: dict[str, Reading]
    """By variant: `whole`, the beginnings, and what robustness asks for."""


def score_files(
    reader: Reader,
    files: Sequence[ReviewFile],
    choice: SplitChoice,
    left_out: LeftOut,
    *,
    variants: Mapping[str, Variant] = BEGINNINGS,
    tuning: frozenset[int] = frozenset(),
) -> list[Scored]:
    """Read the rows that `scored_rows` names as they are and in all variants; files without such rows are passed over.

    Raises:
        DataError: no file has such rows.
    """
    scored = []
    for file in files:
        split, rows = scored_rows(file, choice, left_out, tuning)
        if not rows:
            continue
        texts = [row.text for row in rows]
        readings = read_variants(reader, texts, {} if file.scheme == "two" else variants)
        stars = np.array([row.stars - 1 for row in rows], np.int64)
        scored.append(Scored(file.name, split, file.benchmark, file.scheme, texts, stars, readings))
    if not scored:
        wanted = "val or test" if choice == "auto" else choice
        raise DataError(
            f"no {wanted} rows in {', '.join(file.path.name for file in files)}; --split all scores every row"
        )
    return scored


def read_variants(reader: Reader, texts: Sequence[str], variants: Mapping[str, Variant]) -> dict[str, Reading]:
    """What a model says of texts as they are, and of each variant."""
    changed = {name: reader.read([change(text) for text in texts]) for name, change in variants.items()}
    return {_WHOLE: reader.read(texts), **changed}


def report(scored: Sequence[Scored]) -> dict[str, Any]:
    """`files` by name, and `all`: the five-star files that are no benchmark, or all of them where there is no other."""
    together = pooled(scored)
    return {
        "split": RULE,
        "all": {**_figures(together), "files": together.name.split()} if together else None,
        "files": {each.name: {"split": each.split, **_figures(each)} for each in scored},
    }


def validation_figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """Of validation rows, as they stand in a run's metrics and an artefact's manifest: `all`, and `sources` by name."""
    found = report(scored)
    return {"all": found["all"], "sources": found["files"]}


def pooled(scored: Sequence[Scored]) -> Scored | None:
    """What `all` stands for; None where there are two-class files only."""
    starred = [each for each in scored if each.kind != "two"]
    chosen = [each for each in starred if not each.benchmark] or starred
    if not chosen:
        return None
    return Scored(
        " ".join(each.name for each in chosen),
        " ".join(sorted({each.split for each in chosen})),
        all(each.benchmark for each in chosen),
        "names" if all(each.kind == "names" for each in chosen) else "stars",
        [text for each in chosen for text in each.texts],
        np.concatenate([each.stars for each in chosen]),
        {name: joined([each.readings[name] for each in chosen]) for name in chosen[0].readings},
    )


def _figures(scored: Scored) -> dict[str, Any]:
    whole = scored.readings[_WHOLE]
    if scored.kind == "two":
        return two_class_figures(scored.stars, whole)
    starred = scored.kind != "names"
    figures = {name: star_figures(scored.stars, each, starred=starred) for name, each in scored.readings.items()}
    found = dict(figures[_WHOLE])
    found["beginnings"] = {name: figures[name]["accuracy"] for name in BEGINNINGS if name in figures}
    robust = {
        name: {key: figures[name][key] for key in ("accuracy", "macro_f1")} for name in ROBUSTNESS if name in figures
    }
    return found | ({"robustness": robust} if robust else {})
