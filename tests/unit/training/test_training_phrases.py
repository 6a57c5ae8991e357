from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from opine_training import phrases as module
from opine_training.behaviour import read_probes
from opine_training.commands import train
from opine_training.config import ReadConfig, SelectionConfig
from opine_training.corpus import read_dataset
from opine_training.networks import build_encoding
from opine_training.phrases import SOURCE, Grammar, phrase_rows, phrases, star_logits
from opine_training.reviews import text_digest
from opine_training.sampling import SoftTargets
from opine_training.splits import Source

if TYPE_CHECKING:
    from opine_training.config import TrainConfig
    from opine_training.corpus import Dataset

SOME = 400


def test_phrases_are_different_and_always_the_same() -> None:
    made = phrases(SOME)
    phrases.cache_clear()
    assert [each.text for each in phrases(SOME)] == [each.text for each in made]
    assert len({each.digest for each in made}) == SOME
    assert {each.stars for each in made} == {1, 2, 3, 4, 5}
    assert not any("{" in each.text for each in made)


def test_phrases_that_differ_in_stars_or_emoji_only_are_different() -> None:
    """Letters and digits alone, which tell reviews apart, would make one of them."""
    by_letters: dict[int, set[int]] = {}
    for phrase in phrases(20_000):
        by_letters.setdefault(text_digest(phrase.text), set()).add(int(phrase.logits.argmax()))
    assert any(len(stars) > 1 for stars in by_letters.values())


def test_no_phrase_is_a_text_that_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = {text_digest(probe.text) for probe in read_probes()}
    assert judged.isdisjoint(text_digest(each.text) for each in phrases(20_000))
    one = phrases(SOME)[0]
    phrases.cache_clear()
    judges = tmp_path / "behaviour.csv"
    judges.write_text(f'kind,text,stars\nnegation,"{one.text.upper()}",1\n')
    monkeypatch.setattr(module, "_JUDGES", judges)
    assert one.text not in {each.text for each in phrases(SOME)}
    phrases.cache_clear()


def test_every_slot_has_words() -> None:
    grammar = Grammar({"thing": ["{size} box"], "size": ["small"]}, random.Random(1), {"digits": lambda: "42"})
    assert grammar.fill("A {thing}, number {digits}.") == "A small box, number 42."
    with pytest.raises(KeyError, match="colour"):
        grammar.fill("A {colour} {thing}.")
    every = module.patterns(random.Random(1))
    assert len(every) > 20
    for group in every:
        for pattern in group.patterns:
            group.grammar.fill(pattern)


@pytest.mark.parametrize(
    ("accepted", "likeliest"), [([1], 1), ([1, 2], 1), ([2, 3], 2), ([3], 3), ([3, 4], 4), ([5], 5)]
)
def test_accepted_stars_are_likelier_than_others(accepted: list[int], likeliest: int) -> None:
    logits = star_logits(accepted)
    others = [star for star in range(1, 6) if star not in accepted]
    assert int(logits.argmax()) + 1 == likeliest
    assert min(logits[star - 1] for star in accepted) > max(logits[star - 1] for star in others) + 1


def test_what_says_nothing_may_have_any_stars() -> None:
    odds = np.exp(star_logits([3], sure=False))
    assert int(odds.argmax()) == 2
    assert odds.min() / odds.sum() > 0.05


def test_phrases_are_learned_from_and_judge_nothing(
    reviews_csv: Path, small_config: TrainConfig, dataset: Dataset, tmp_path: Path
) -> None:
    # A phrase that is also a held-out review.
    held_out = phrases(SOME)[0]
    more = tmp_path / "data"
    more.mkdir()
    (more / reviews_csv.name).write_bytes(reviews_csv.read_bytes())
    (more / "held_out.csv").write_text(f'text,rating,split\n"{held_out.text}",3,val\n')
    source = Source(more, ReadConfig(), SelectionConfig(tuning_share=0.1, phrases=SOME))
    found = read_dataset(source, build_encoding(small_config), tmp_path / "cache")
    assert len(found.train) == len(dataset.train) + SOME - 1
    assert (found.train.rows_of(SOURCE), dataset.train.rows_of(SOURCE)) == (SOME - 1, 0)
    assert set(found.train.between(len(dataset.train), len(found.train)).digests.tolist()) <= {
        each.digest for each in phrases(SOME)
    }
    assert len(found.tuning) == len(dataset.tuning)
    assert found.summary["rows"][SOURCE] == {"train": SOME - 1, "tuning": 0, "validation": 0}
    assert held_out.digest not in set(found.train.digests.tolist())
    assert found.fingerprint != dataset.fingerprint


def test_phrases_are_read_whole_and_taught_all_stars_that_are_right() -> None:
    options = train.Train(data=Path("reviews.csv"), selection=SelectionConfig(phrases=SOME))
    targets = train.soft_targets(options)
    assert targets is not None
    for row, phrase in zip(phrase_rows(SOME), phrases(SOME), strict=True):
        target = targets.choose(row.digest, 1.0, np.random.default_rng(0))
        assert target is not None
        assert (target.begin, target.end) == (0, None)
        assert target.logits.tolist() == phrase.logits.tolist()


def test_soft_targets_of_two_teachers_are_joined() -> None:
    logits = np.arange(5, dtype=np.float32)[np.newaxis]
    piece = SoftTargets(np.array([7], np.uint64), logits, np.array([2]), np.array([6]))
    both = piece + SoftTargets(np.array([9], np.uint64), logits + 1)
    of_piece, of_whole = (both.choose(digest, 0.0, np.random.default_rng(0)) for digest in (7, 9))
    assert of_piece is not None
    assert of_whole is not None
    assert (of_piece.begin, of_piece.end, of_whole.end) == (2, 6, None)
    assert of_whole.logits.tolist() == (logits + 1)[0].tolist()
