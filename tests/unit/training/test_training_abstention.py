"""`fit-abstention`: from reviews and translated programs to weights that tell other languages."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from charcnn.abstention import ROWS, AbstentionModel
from charcnn.features import pack
from charcnn.text import encode
from opine_training.commands import fit_abstention
from opine_training.commands.fit_abstention import OwnTexts, figures, main, mistyped, pieces, translations
from opine_training.reviews import DataError
from safetensors.numpy import load_file

from tests.support.training.catalogues import GERMAN, write_catalogue

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = ["This is a lovely shop and I will come back", "The soup was cold and the waiter rude", "Works as it should"]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    write_catalogue(tmp_path / "app/locale/de/LC_MESSAGES/app.mo", GERMAN)
    write_catalogue(tmp_path / "app/locale/en_GB/LC_MESSAGES/app.mo", {"Colors of this page": "Colours of this page"})
    return tmp_path


def test_translations_are_read_without_placeholders_and_without_what_stayed_english(programs: Path) -> None:
    by_language, english = translations([programs])
    assert by_language == {
        "de": ["Die Datei wurde nicht gefunden", "Diese Nachricht löschen", "Melde dich an, um fortzufahren"]
    }
    assert "The file was not found" in english
    with pytest.raises(DataError, match="no translations here"):
        translations([programs / "app/locale/de/LC_MESSAGES"])


def test_a_fit_tells_what_it_was_shown_and_says_how_often_it_is_wrong(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_abstention, "_MADE", 500)
    reviews, out = tmp_path / "reviews.csv", tmp_path / "weights.safetensors"
    rows = [f"{text} {number},5,{'val' if number % 5 == 0 else 'train'}" for number in range(200) for text in ENGLISH]
    reviews.write_text("text,rating,split\n" + "\n".join(rows))
    main(["--data", str(reviews), "--translations", str(programs), "--out", str(out)])
    printed = json.loads(capsys.readouterr().out)
    assert printed["all"]["texts"] == 120
    assert printed["all"]["language"] + printed["all"]["no_opinion"] < 0.05
    tensors = load_file(out)
    assert tensors["weights"].shape == (2, ROWS)
    model = AbstentionModel(**tensors)
    texts = ["Diese Datei löschen, um fortzufahren", "The soup was lovely and the shop cold", "qwert qwert asdf"]
    foreign, judged, mash = model.reasons(pack([encode(text).symbols for text in texts], stride=1, gap=5))
    assert (foreign, judged) == ("language", None)
    assert mash is not None
    assert figures(model, [])["all"] == {"texts": 0, "language": 0.0, "no_opinion": 0.0}


def test_texts_of_our_own_are_many_and_none_is_one_that_a_test_reads() -> None:
    own = OwnTexts(random.Random(1))
    for kind in ("opinion", "no_opinion"):
        made = own.make(kind, 2000)
        assert Counter(made).most_common(1)[0][1] == 1
        assert not any("{" in text for text in made)
    assert len(own.other_languages) > 200


def test_people_are_judged_while_they_type() -> None:
    text = "The soup was cold, the waiter rude. We shall not be back here for a long time, I am afraid."
    whole, beginning, clause = pieces(text, random.Random(1))
    assert whole == text
    assert text.startswith(beginning)
    assert clause in text
    typed = {mistyped("good", random.Random(seed)) for seed in range(200)}
    assert typed >= {"ogod", "god", "goood"} - {"good"}
    assert mistyped("", random.Random(1)) == ""
