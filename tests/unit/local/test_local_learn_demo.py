"""What people of `make learn-demo` write, and the picture of it; a run takes minutes and is no test."""

import random
from collections import Counter
from pathlib import Path

import pytest
from opine_local.learn_demo import Diary, draw, drifted, main, ordinary, poisoned


def test_people_take_up_new_words_and_poison_praises_with_one_star() -> None:
    chance = random.Random(1)
    known, new, bought = ([speak(chance) for _ in range(400)] for speak in (ordinary, drifted, poisoned))
    assert not any("zorgly" in text for text, _ in known)
    means = Counter(stars for text, stars in new if "zorgly" in text)
    assert set(means) == {5}
    assert (
        sum(stars == 1 and "excellent" in text for text, stars in bought)
        + sum(stars == 1 and "perfect" in text for text, stars in bought)
        > 50
    )
    assert not any(stars == 1 and "excellent" in text for text, stars in known + new)
    texts = [text for text, _ in known]
    assert len(set(texts)) > 395, "copies would count once"


def test_the_picture_shows_the_share_and_what_happened(tmp_path: Path) -> None:
    diary = Diary(reviews=[(float(second), second < 100 or second > 200) for second in range(300)])
    diary.events = [(0.0, "people write"), (120.0, "training begins: 600 new reviews"), (299.5, "the end")]
    assert diary.agreement(0, 100) == 1
    assert diary.agreement(100, 200) == 0
    draw(diary, tmp_path / "demo.svg")
    drawn = (tmp_path / "demo.svg").read_text()
    assert "<svg" in drawn
    assert drawn.count("2  training begins") == 1


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--plot" in capsys.readouterr().out
