"""Score a model on reviews, as they are and as people type them: every source by itself, and all together."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from charcnn.prediction import LABEL_OF_STAR

from opine_training.metrics import concatenated, star_figures, two_class_figures
from opine_training.reviews import DataError
from opine_training.sampling import typos

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from opine_training.corpus import Corpus
    from opine_training.metrics import Model, Predictions
    from opine_training.reviews import LeftOut, ReviewFile, Row

    Variant = Callable[[str], str]

TYPO_RATE = 0.05
# ASCII's, and what phones type in its stead: curly quotes, the ellipsis, dashes.
_PUNCTUATION = str.maketrans("", "", string.punctuation + "\u2018\u2019\u201c\u201d\u2026\u2013\u2014")


def beginning(share: float) -> Variant:
    """What has been typed when a share of a review is there."""
    return lambda text: text[: max(1, round(len(text) * share))]


def with_typos(text: str) -> str:
    """A typo at one character in twenty; the same text always gets the same ones."""
    encoded = text.encode("utf-32-le")
    # From the text and not from its row: figures stay the same when a file is sorted or grows.
    seed = int.from_bytes(hashlib.sha256(encoded).digest()[:8], "big")
    typed = typos(np.frombuffer(encoded, np.uint32), np.random.default_rng(seed), TYPO_RATE)
    return typed.tobytes().decode("utf-32-le")


def without_punctuation(text: str) -> str:
    """A text as a hurried person types it."""
    return text.translate(_PUNCTUATION)


BEGINNINGS: dict[str, Variant] = {f"{share:.0%}": beginning(share) for share in (0.25, 0.5, 0.75)}
ROBUSTNESS: dict[str, Variant] = {
    "typos": with_typos,
    "capitals": str.upper,
    "no_punctuation": without_punctuation,
}
VARIANTS = BEGINNINGS | ROBUSTNESS


SplitChoice = Literal["auto", "train", "tuning", "val", "test", "all"]

RULE = (
    "auto: every row of a benchmark (bench_*) and of a file without a split column; of any other file its val rows, "
    "its test rows where it has no val rows, and nothing where all are train rows"
)


def scored_rows(
    file: ReviewFile, choice: SplitChoice, left_out: LeftOut, tuning: frozenset[int] = frozenset()
) -> tuple[str, list[Row]]:
    """The rows to score, and the name of the split that they are.

    Args:
        file: a file of reviews.
        choice: `auto` follows `RULE`.
        left_out: gets what cannot be read.
        tuning: hashes of the training rows that a run kept aside, for the choice of that name.
    """
    rows = list(file.rows(left_out))
    if choice == "all" or (choice == "auto" and (file.benchmark or not file.has_split)):
        return "all", rows
    if choice == "tuning":
        return "tuning", [row for row in rows if row.split == "train" and row.digest in tuning]
    if choice != "auto":
        return choice, _rows_of(rows, choice)
    # Of a file with both, test rows stay unseen until somebody asks for them: they judge a finished model once.
    validation = _rows_of(rows, "val")
    return ("val", validation) if validation else ("test", _rows_of(rows, "test"))


def _rows_of(rows: Sequence[Row], split: str) -> list[Row]:
    return [row for row in rows if row.split == split]


_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Scored:
    """A set of reviews with what a model predicts of them."""

    name: str
    split: str
    benchmark: bool
    kind: str
    """The file's label scheme."""
    texts: list[str]
    stars: NDArray[np.int64]
    predictions: dict[str, Predictions]
    """By variant: `whole`, the beginnings, and what robustness asks for."""


def score_files(
    model: Model,
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
        # A two-class file answers one question; its variants would stand in no table.
        predictions = predict_variants(model, texts, {} if file.scheme == "two" else variants)
        stars = np.array([row.stars - 1 for row in rows], np.int64)
        scored.append(Scored(file.name, split, file.benchmark, file.scheme, texts, stars, predictions))
    if not scored:
        wanted = "val or test" if choice == "auto" else choice
        raise DataError(
            f"no {wanted} rows in {', '.join(file.path.name for file in files)}; --split all scores every row"
        )
    return scored


def predict_variants(model: Model, texts: Sequence[str], variants: Mapping[str, Variant]) -> dict[str, Predictions]:
    """Predictions of texts as they are, and of each variant."""
    changed = {name: model.predict([change(text) for text in texts]) for name, change in variants.items()}
    return {_WHOLE: model.predict(texts), **changed}


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
    # Benchmarks are balanced or about other things: pooled, they would move the figure away from real traffic.
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
        {name: concatenated([each.predictions[name] for each in chosen]) for name in chosen[0].predictions},
    )


def _figures(scored: Scored) -> dict[str, Any]:
    whole = scored.predictions[_WHOLE]
    if scored.kind == "two":
        return two_class_figures(scored.stars, whole)
    starred = scored.kind != "names"
    figures = {name: star_figures(scored.stars, each, starred=starred) for name, each in scored.predictions.items()}
    found = dict(figures[_WHOLE])
    found["beginnings"] = {name: figures[name]["accuracy"] for name in BEGINNINGS if name in figures}
    robust = {
        name: {key: figures[name][key] for key in ("accuracy", "macro_f1")} for name in ROBUSTNESS if name in figures
    }
    return found | ({"robustness": robust} if robust else {})


def score_corpus(model: Model, corpus: Corpus, variants: Mapping[str, Variant]) -> list[Scored]:
    """One set a source, in alphabetical order, read as it is and in all variants."""
    found = []
    for index in sorted(range(len(corpus.source_names)), key=lambda each: corpus.source_names[each]):
        chosen = np.flatnonzero(corpus.sources == index)
        texts = [corpus.texts[int(each)] for each in chosen]
        stars = corpus.stars[chosen].astype(np.int64)
        predictions = predict_variants(model, texts, variants)
        found.append(Scored(corpus.source_names[index], "val", False, "stars", texts, stars, predictions))
    return found


def labels_of(corpus: Corpus) -> NDArray[np.int64]:
    """0 bad, 1 average, 2 good."""
    labels: NDArray[np.int64] = LABEL_OF_STAR[corpus.stars].astype(np.int64)
    return labels
