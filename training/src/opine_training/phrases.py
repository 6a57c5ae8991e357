"""Short texts made of our own patterns, with the stars that a person would give them.

Reviews are long, and few of them say "not bad at all" or "1/5": what is typed first, and what negation, contrast or
comparison turn round, is learned from phrases. `phrases.toml` has the patterns, each with the stars that are right.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from opine_training.reviews import Row, text_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

SOURCE = "phrases"
"""Of their rows in a corpus."""
_PATTERNS = resources.files("opine_training") / "phrases.toml"
_NO_OPINION = resources.files("opine_training") / "abstention.toml"
_JUDGES = resources.files("opine_training") / "behaviour.csv"
_SEED = 20261129
_SLOT = re.compile(r"\{(\w+)\}")
# In logits a star away from what is accepted; of what says nothing nearly every star may come.
_SURE, _UNSURE = 2.2, 0.8
_EXTREMES = 0.4  # people who praise or complain at all give five stars or one more often than four or two
_NO_OPINION_WEIGHT = 30  # patterns' worth
_LOWER, _BARE, _STRETCHED = 0.25, 0.45, 0.55  # cumulated shares of styles; the rest stays as it is written


class Grammar:
    """Fills the slots of patterns by words, whose own slots are filled in turn."""

    def __init__(
        self,
        words: Mapping[str, Sequence[str]],
        rng: random.Random,
        made: Mapping[str, Callable[[], str]] | None = None,
    ) -> None:
        """`made` are slots whose words are made up anew each time."""
        self._words, self._rng, self._made = words, rng, made or {}

    def fill(self, pattern: str) -> str:
        """A pattern with a word in each slot.

        Raises:
            KeyError: a slot that has no words.
        """
        return _SLOT.sub(self._word, pattern)

    def _word(self, slot: re.Match[str]) -> str:
        name = slot[1]
        if name in self._made:
            return self._made[name]()
        return self.fill(self._rng.choice(self._words[name]))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and what it should be read as."""

    text: str
    digest: int
    """64 bits of its hash as it is written: stars and emoji decide here, which `text_digest` does not look at."""
    logits: NDArray[np.float32]
    """Shape (5,), of one to five stars."""
    stars: int
    """1-5, drawn from the logits."""


def star_logits(accepted: Sequence[int], *, sure: bool = True) -> NDArray[np.float32]:
    """Of one to five stars, shape (5,): the further from those accepted, the less likely."""
    stars = np.arange(1, 6)
    distance = np.abs(stars[:, np.newaxis] - np.array(accepted)).min(axis=1)
    logits = _EXTREMES * np.abs(stars - 3) - _SURE * distance if sure else -_UNSURE * distance
    return np.asarray(logits, np.float32)


@cache
def phrases(count: int) -> tuple[Phrase, ...]:
    """So many different ones, always the same; none is a text of the behaviour suite, which judges what they bring."""
    rng = random.Random(_SEED)
    judges = csv.DictReader(_JUDGES.read_text(encoding="utf-8").splitlines())
    judged = {text_digest(row["text"]) for row in judges}
    made: dict[int, Phrase] = {}
    for text, logits in _texts(rng):
        if len(made) == count:
            break
        styled = _styled(text, rng)
        digest = int.from_bytes(hashlib.blake2b(styled.encode(), digest_size=8).digest())
        if text_digest(styled) not in judged and digest not in made:
            odds = np.exp(logits.astype(float))
            stars = rng.choices(range(1, 6), odds.tolist())[0]
            made[digest] = Phrase(styled, digest, logits, stars)
    return tuple(made.values())


def _texts(rng: random.Random) -> Iterator[tuple[str, NDArray[np.float32]]]:
    groups = patterns(rng)
    weights = [group.weight for group in groups]
    while True:
        group = rng.choices(groups, weights)[0]
        yield group.grammar.fill(rng.choice(group.patterns)), group.logits


@dataclass(frozen=True, slots=True)
class PatternGroup:
    """Patterns whose texts deserve the same stars."""

    grammar: Grammar
    patterns: Sequence[str]
    logits: NDArray[np.float32]
    """Shape (5,), of one to five stars."""
    weight: float
    """How often one of them is drawn, beside other groups'."""


def patterns(rng: random.Random) -> list[PatternGroup]:
    """All of phrases.toml, and what abstention.toml has of texts without an opinion."""
    read, silent = (tomllib.loads(file.read_text(encoding="utf-8")) for file in (_PATTERNS, _NO_OPINION))
    grammar = Grammar(read["words"], rng)
    groups = [
        PatternGroup(
            grammar,
            group["patterns"],
            star_logits(group["stars"], sure=not group.get("flat", False)),
            group.get("weight", 1) * len(group["patterns"]),
        )
        for group in read["phrases"]
    ]
    nothing_said = star_logits([3], sure=False)
    without = no_opinion_grammar(silent["words"], rng)
    return [*groups, PatternGroup(without, silent["no_opinion"], nothing_said, _NO_OPINION_WEIGHT)]


def no_opinion_grammar(words: Mapping[str, Sequence[str]], rng: random.Random) -> Grammar:
    """That of abstention.toml, which knows numbers and keyboard mash beside its words."""

    def digits() -> str:
        return "".join(rng.choices("0123456789", k=rng.randint(2, 9)))

    def mash() -> str:
        row = rng.choice(_KEYBOARD)
        begin = rng.randrange(len(row) - 2)
        along = row[begin : begin + rng.randint(3, 6)]
        at_random = "".join(rng.choices("asdfghjklqweruiop", k=rng.randint(1, 9)))
        return rng.choice((along, along * 2, at_random, at_random * 2))

    return Grammar(words, rng, {"digits": digits, "mash": mash})


_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _styled(text: str, rng: random.Random) -> str:
    """As somebody types it; capitals and typos come while training, drawn anew at each reading."""
    text = re.sub(r"(^|[.!?] )([a-z])", lambda found: found[1] + found[2].upper(), text)
    style = rng.random()
    if style < _LOWER:
        return text.lower()
    if style < _BARE:
        return text.rstrip(".")
    return _stretched(text, rng) if style < _STRETCHED else text


def _stretched(text: str, rng: random.Random) -> str:
    """A word or two drawn out: sooo gooood."""
    words = text.split(" ")
    for index in rng.sample(range(len(words)), min(len(words), rng.randint(1, 2))):
        if letters := [at for at, letter in enumerate(words[index]) if letter in "aeiouyhmrswtn"]:
            at = rng.choice(letters)
            words[index] = words[index][:at] + words[index][at] * rng.randint(3, 7) + words[index][at + 1 :]
    return " ".join(words)


def phrase_rows(count: int) -> list[Row]:
    """Training rows of so many phrases."""
    return [Row(each.text, each.stars, "train", SOURCE, each.digest) for each in phrases(count)]
