"""Fit when not to judge: the two linear models of `charcnn.abstention`."""

from __future__ import annotations

import gettext
import json
import logging
import random
import re
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path  # noqa: TC003  tyro asks for the type
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from charcnn.abstention import ORDERS, REASONS, ROWS, AbstentionModel, ngram_rows
from charcnn.features import pack
from charcnn.text import BLANK, encode
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import SGDClassifier

from opine_training.config import ReadConfig, flat, parse
from opine_training.phrases import no_opinion_grammar
from opine_training.reviews import DataError, LeftOut, review_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charcnn.features import Packed
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_TEXTS = resources.files("opine_training") / "abstention.toml"
_OF_A_SOURCE = 8000  # reviews, so that no source outweighs the others
_OF_A_LANGUAGE = 1500
_LONGEST = 300  # characters of a review that are learned from: short texts are what has to be told apart
_SHORT = range(10, 61)
_MADE = 30_000
_TIMES = 25  # each of our phrases, beside thousands of translated ones
_TOLD_APART = 20  # of so many training reviews one makes the bias and is not learned from
_LEFT_OUT = 0.0025  # share of the reviews beyond which a usual text is taken for an unusual one, and not learned from
_AT_ONCE = 2000
_PLACEHOLDER = re.compile(r"%\([^)]*\)\w|%\w|\{[^}]*\}|<[^>]*>|&\w+;|https?://\S+")
_CLAUSE_END = re.compile(r"(?<=[.!?,;])\s+")


class OwnTexts:
    """Texts of abstention.toml."""

    def __init__(self, rng: random.Random) -> None:
        self._read = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
        self._rng = rng
        self._grammar = no_opinion_grammar(self._read["words"], rng)

    @property
    def other_languages(self) -> list[str]:
        return [phrase for phrases in self._read["other_languages"].values() for phrase in phrases]

    def make(self, kind: str, count: int) -> list[str]:
        """So many different texts of `no_opinion` or `opinion`, of one to three sentences."""
        made: dict[str, None] = {}
        while len(made) < count:
            sentences = self._rng.choice((1, 1, 1, 2, 3)) if kind == "no_opinion" else 1
            made[" ".join(self._sentence(self._read[kind]) for _ in range(sentences))] = None
        return list(made)

    def _sentence(self, patterns: Sequence[str]) -> str:
        filled = self._grammar.fill(self._rng.choice(patterns))
        style = self._rng.random()
        return filled.lower() if style < 0.2 else filled.rstrip(".") if style < 0.4 else filled  # noqa: PLR2004


def translations(folders: Sequence[Path]) -> tuple[dict[str, list[str]], list[str]]:
    """Messages of the gettext catalogues below some folders: by language, and the English ones.

    Raises:
        DataError: a folder has none.
    """
    by_language: defaultdict[str, set[str]] = defaultdict(set)
    english: set[str] = set()
    for folder in folders:
        files = sorted(folder.rglob("LC_MESSAGES/*.mo"))
        if not files:
            raise DataError(f"{folder}: no translations here (LC_MESSAGES/*.mo); name folders of unpacked packages")
        for file in files:
            language = re.split("[_@-]", file.parent.parent.name)[0]
            for original, message in _messages(file):
                english.add(original)
                if language != "en" and _is_translated(original, message):
                    by_language[language].add(message)
    return {language: sorted(by_language[language]) for language in sorted(by_language)}, sorted(english)


def _messages(file: Path) -> Iterator[tuple[str, str]]:
    with file.open("rb") as handle:
        # gettext has no public way to list what it has read.
        catalogue: dict[Any, str] = gettext.GNUTranslations(handle)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    for key, message in catalogue.items():
        original = key[0] if isinstance(key, tuple) else key  # of a message with plural forms
        if original:
            yield _plain(original), _plain(message)


def _plain(message: str) -> str:
    return " ".join(_PLACEHOLDER.sub(" ", message).split())


def _is_translated(original: str, message: str) -> bool:
    own, words = set(original.lower().split()), message.lower().split()
    return len(message) >= 8 and sum(word in own for word in words) <= len(words) / 3  # noqa: PLR2004


def pieces(text: str, rng: random.Random) -> list[str]:
    """A text, a beginning of it and a clause of it, as far as it has them: people are judged while they type."""
    found = [text[:_LONGEST]]
    length = rng.randint(8, 70)
    if len(text) > length:
        found.append(text[:length].rsplit(" ", 1)[0])
    clauses = [clause.strip() for clause in _CLAUSE_END.split(text) if len(clause.strip()) in range(6, 121)]
    if clauses:
        found.append(rng.choice(clauses))
    return found


def mistyped(text: str, rng: random.Random) -> str:
    """A text with letters swapped, dropped or drawn out, as people type: it stays English."""
    at = rng.randrange(max(1, len(text) - 1))
    head, pair, tail = text[:at], text[at : at + 2], text[at + 2 :]
    return head + rng.choice((pair[::-1], pair[:1], pair[:1] * rng.randint(2, 6) + pair[1:])) + tail


def shortened(text: str, rng: random.Random) -> str:
    """Two to five words of a text."""
    words = text.split()
    begin = rng.randrange(max(1, len(words) - 1))
    return " ".join(words[begin : begin + rng.randint(2, 5)])


def _packed(texts: Sequence[str]) -> Packed:
    return pack([encode(text).symbols[:_LONGEST] for text in texts], stride=1, gap=8)


def features(texts: Sequence[str]) -> csr_matrix:
    """Numbers of each hashed n-gram over the root of all, shape (N, ROWS)."""
    parts = []
    for begin in range(0, len(texts), _AT_ONCE):
        packed = _packed(texts[begin : begin + _AT_ONCE])
        read = packed.symbols != BLANK
        text = np.tile(packed.cell_text[read], len(ORDERS))
        root = np.sqrt(np.maximum(np.bincount(text, minlength=len(packed.starts)), 1))
        entries = (1 / root)[text].astype(np.float32), (text, ngram_rows(packed)[:, read].ravel())
        parts.append(csr_matrix(entries, shape=(len(packed.starts), ROWS)))
    return vstack(parts).tocsr()


def fit(
    usual: Sequence[str], unusual: Sequence[str], reviews: Sequence[str], false_alarms: float
) -> tuple[NDArray[np.float32], float]:
    """Weights and bias that tell unusual texts; `false_alarms` is the share of the reviews that lies above 0."""
    # Some usual texts are none: reviews in Spanish are left among English ones. They are found, and left out.
    weights, bias = _fit(usual, unusual, reviews, _LEFT_OUT)
    kept = features(usual) @ weights + bias <= 0
    return _fit([text for text, keep in zip(usual, kept, strict=True) if keep], unusual, reviews, false_alarms)


def _fit(
    usual: Sequence[str], unusual: Sequence[str], reviews: Sequence[str], false_alarms: float
) -> tuple[NDArray[np.float32], float]:
    model = SGDClassifier(
        alpha=3e-7, average=True, class_weight="balanced", loss="log_loss", max_iter=8, random_state=1, tol=None
    )
    model.fit(features([*usual, *unusual]), np.repeat([0, 1], [len(usual), len(unusual)]))
    weights: NDArray[np.float32] = model.coef_[0].astype(np.float32)
    bias = float(np.quantile(features(reviews) @ weights, 1 - false_alarms))
    return weights, -bias


def figures(model: AbstentionModel, reviews: Sequence[str]) -> dict[str, Any]:
    """Shares of reviews that are not judged, by reason: of all, and of those with 10 to 60 characters."""
    short = [text for text in reviews if len(text) in _SHORT]
    return {"all": _shares(model, reviews), "10 to 60 characters": _shares(model, short)}


def _shares(model: AbstentionModel, texts: Sequence[str]) -> dict[str, Any]:
    found = [reason for begin in range(0, len(texts), _AT_ONCE)
             for reason in model.reasons(_packed(texts[begin : begin + _AT_ONCE]))]  # fmt: skip
    shares: dict[str, float] = {reason: round(found.count(reason) / max(1, len(found)), 5) for reason in REASONS}
    return {"texts": len(found)} | shares


@dataclass(frozen=True, slots=True, kw_only=True)
class FitAbstention:
    """Fit when not to judge, and print as JSON how many validation reviews are then not judged.

        fit-abstention --data reviews --translations unpacked/django unpacked/wagtail --out abstention.safetensors

    English is what the training reviews are written in. Other languages are read from the translations of programs,
    gettext catalogues in unpacked packages, and from phrases of our own; so are texts without an opinion.
    """

    data: Path
    """Reviews in English: a CSV file or a folder."""
    translations: tuple[Path, ...]
    """Folders of unpacked packages with LC_MESSAGES/*.mo in many languages."""
    out: Path
    """Where the weights go; those that are served are charcnn's abstention.safetensors."""
    false_alarms: tuple[float, float] = (0.0025, 0.0018)
    """Shares of reviews that are taken for other languages, and for texts without an opinion."""
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)


def main(arguments: Sequence[str]) -> None:
    command = parse(FitAbstention, "fit-abstention", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    rng = random.Random(20261128)
    rows = [row for file in review_files(command.data, command.reading) if not file.benchmark
            for row in file.rows(LeftOut()) if row.split != "test"]  # fmt: skip
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    aside: list[str] = []
    for row in rows:
        if row.split == "train":
            (aside if row.digest % _TOLD_APART == 0 else by_source[row.source]).append(row.text)
    reviews = [text for texts in by_source.values() for text in rng.sample(texts, min(len(texts), _OF_A_SOURCE))]
    by_language, english = translations(command.translations)
    own = OwnTexts(rng)
    opinions = own.make("opinion", _MADE // 5)
    opinions += [mistyped(text, rng) for text in opinions]
    foreign = [text for texts in by_language.values() for text in rng.sample(texts, min(len(texts), _OF_A_LANGUAGE))]
    foreign += [shortened(text, rng) for text in foreign] + own.other_languages * _TIMES
    silent = [*own.make("no_opinion", _MADE), *english]
    logger.info("%d reviews, %d languages, %d texts of them", len(reviews), len(by_language), len(foreign))
    in_english = [piece for text in reviews for piece in pieces(text, rng)] + opinions
    in_english += [mistyped(text, rng) for text in in_english if len(text) in _SHORT or rng.random() < 0.1]  # noqa: PLR2004
    fitted = [
        fit([*in_english, *english], foreign, aside, command.false_alarms[0]),
        fit([*(text[:_LONGEST] for text in reviews), *opinions], silent, aside, command.false_alarms[1]),
    ]
    weights = np.stack([of_reason for of_reason, _ in fitted]).astype(np.float16)
    bias = np.array([of_reason for _, of_reason in fitted], np.float32)
    save_file({"weights": weights, "bias": bias}, command.out)
    held_out = [row.text for row in rows if row.split == "val"]
    sys.stdout.write(json.dumps(figures(AbstentionModel(weights, bias), held_out), indent=2) + "\n")
