"""What a review praises and complains of: its words and two-word phrases, by what the model says that each contributes.

A term's pull on a review is exact: the sum of the contributions of its words, wherever they stand in the text, as the
sentiment service answers them with `explain=words`. Nothing is weighed by frequency in some corpus or by a list of
opinions; the only list here is of words that say nothing by themselves.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from opine_common.prediction import WordContribution
from opine_common.text import FUNCTION_WORDS

MAX_TERM_LENGTH = 60
# Of each review: enough for what it is about, few enough that a long one does not drown the short ones.
_WORDS_KEPT = 6
_PHRASES_KEPT = 4
# In the model's units, where a whole review is mostly within -10 and 10: less says nothing either way.
LEAST_PULL = 0.1

# What comes before every noun and verb beside the function words: no theme by itself.
_NO_THEMES = FUNCTION_WORDS | frozenset(
    """
    above again all almost already also although always another any anybody anyone anything anyway around away
    back became become below between both came come day days doing done each either else even ever every
    everybody everyone everything few first further gave get gets getting give given go goes going gone gonna
    got having hers herself himself how however indeed instead itself just kind last least less let like lot
    lots made make makes making many maybe mean mine more most mostly much myself near next no now often oh ok
    okay once one ones only other others ours ourselves own per perhaps please put quite rather really said same
    saw say saying says see seem seems seen several since some somebody someone something sometimes soon still
    such take taken takes taking tell theirs themselves therefore they'd they'll thing things think though thus
    till times together told took toward towards two until upon use used using very via want wanted wants way
    we'd we'll well went what whatever whether why within yes yet you'd you'll yours yourself
    """.split()  # noqa: SIM905  words in quotes are harder to read
)
# They say nothing alone and turn what follows around, or make it too much.
_TURNING_WORDS = frozenset(
    """
    not no never without hardly barely too can't cannot don't doesn't didn't won't wouldn't couldn't shouldn't isn't
    aren't wasn't weren't hasn't haven't hadn't ain't cant dont doesnt didnt wont wouldnt couldnt isnt wasnt
    """.split()  # noqa: SIM905  likewise
)

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u0060\u00b4", "'"))
_POSSESSIVE = re.compile(r"'s?$")
# Unicode's letters, marks (vowels of some scripts) and numbers; all else may stand around a word without being of it.
_OF_A_WORD = frozenset("LMN")


class Term(NamedTuple):
    """A word, or two with a blank between, and the sum of its contributions to one review."""

    text: str
    pull: float


class _Word(NamedTuple):
    text: str
    contribution: float
    # Whether punctuation parts it from the word before.
    parted: bool


def extract_terms(text: str, words: Sequence[WordContribution]) -> list[Term]:
    """A review's terms with the strongest pull, each once.

    Args:
        text: the review that was scored.
        words: all of its runs without white space, as the sentiment service answers them.

    Raises:
        ValueError: the runs are not of this text.
    """
    read = list(_read_all(text, words))
    singles = ((word.text, word.contribution) for word in read if _has_meaning(word.text))
    return [*_strongest(singles, _WORDS_KEPT), *_strongest(_phrases(read), _PHRASES_KEPT)]


def words_of(text: str, words: Sequence[WordContribution]) -> dict[str, float]:
    """All single words of a review that mean something, with the sum of their contributions.

    Raises:
        ValueError: the runs are not of this text.
    """
    pulls: defaultdict[str, float] = defaultdict(float)
    for word in _read_all(text, words):
        if _has_meaning(word.text) and len(word.text) <= MAX_TERM_LENGTH:
            pulls[word.text] += word.contribution
    return pulls


def canonical(text: str) -> str:
    """A term or a word as terms are stored: one form for what differs in case, width, apostrophes and punctuation."""
    return " ".join(filter(None, (_fold(word) for word in text.split())))


def _read_all(text: str, words: Sequence[WordContribution]) -> Iterator[_Word]:
    if any(word.end > len(text) for word in words):
        raise ValueError(f"a word ends outside the text of {len(text)} code points")
    parted = True
    for start, end, contribution in words:
        run = text[start:end]
        folded = _fold(run)
        opens, closes = not _is_of_a_word(run[0]), not _is_of_a_word(run[-1])
        if folded:
            yield _Word(folded, contribution, parted or opens)
        parted = closes or not folded


# People say the same again and again: most words of a text were folded a moment ago.
@lru_cache(maxsize=1 << 14)
def _fold(run: str) -> str:
    plain = unicodedata.normalize("NFKC", run).casefold().translate(_APOSTROPHES)
    places = [place for place, character in enumerate(plain) if _is_of_a_word(character)]
    return _POSSESSIVE.sub("", plain[places[0] : places[-1] + 1]) if places else ""


def _is_of_a_word(character: str) -> bool:
    return unicodedata.category(character)[0] in _OF_A_WORD


def _phrases(words: Sequence[_Word]) -> Iterator[tuple[str, float]]:
    for first, second in pairwise(words):
        begins = _has_meaning(first.text) or first.text in _TURNING_WORDS
        if begins and not second.parted and _has_meaning(second.text):
            yield f"{first.text} {second.text}", first.contribution + second.contribution


def _has_meaning(word: str) -> bool:
    return (
        len(word) > 1
        and any(character.isalpha() for character in word)
        and word not in _NO_THEMES
        and word not in _TURNING_WORDS
    )


def _strongest(said: Iterable[tuple[str, float]], most: int) -> list[Term]:
    pulls: defaultdict[str, float] = defaultdict(float)
    for term, contribution in said:
        if len(term) <= MAX_TERM_LENGTH:
            pulls[term] += contribution
    ordered = sorted(pulls.items(), key=lambda entry: (-abs(entry[1]), entry[0]))
    return [Term(term, pull) for term, pull in ordered[:most] if abs(pull) >= LEAST_PULL]
