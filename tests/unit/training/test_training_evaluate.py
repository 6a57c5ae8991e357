"""Evaluation of a file with a known answer, by a reader that says what its texts tell it to say."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from opine_training.baselines import trained_baselines
from opine_training.commands import evaluate as command
from opine_training.config import ReadConfig
from opine_training.evaluation import VARIANTS, report, score_files, scored_rows
from opine_training.metrics import Predictions
from opine_training.reviews import DataError, LeftOut, review_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from opine_training.evaluation import SplitChoice


class Parrot:
    """Reads "says 4" as four stars; what it cannot read it takes for three."""

    name = "parrot"
    version = "1"

    def predict(self, texts: Sequence[str]) -> Predictions:
        stars = np.array([int(text[5]) if text[5:6].isdigit() else 3 for text in texts])
        labels = np.array([0, 0, 1, 2, 2])[stars - 1]
        return Predictions(np.eye(3)[labels], labels, (stars - 1) / 4, stars, (0.0, 0.0, 0.0))


def write(file: Path, rows: Sequence[tuple[str, object, str]]) -> None:
    with file.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "rating", "source", "title", "split"])
        writer.writerows((text, rating, "there", "title", split) for text, rating, split in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path / "shop.csv",
        [
            ("says 5 of 5 stars", 5, "val"),
            ("says 5 of 5 stars, it does", 4, "val"),
            ("says 1 of 5 stars", 3, "val"),
            ("says 2 of 5 stars", 1, "val"),
            ("says 1 of 5 stars, learned by heart", 5, "train"),
        ],
    )
    write(tmp_path / "sealed.csv", [("says 3 of 5 stars", 3, "test"), ("says 4 of 5 stars", 2, "test")])
    write(tmp_path / "learned.csv", [("says 1 of 5 stars, also by heart", 5, "train")])
    write(tmp_path / "bench_two.csv", [("says 3", 1, "train"), ("says 2", 1, "test"), ("says 1", 0, "train")])
    write(tmp_path / "bench_stars.csv", [("says 1", 1, "train"), ("says 5", 5, "val"), ("says 5", 3, "test")])
    return tmp_path


def scores(data: Path, choice: SplitChoice = "auto") -> dict[str, object]:
    return report(score_files(Parrot(), review_files(data, ReadConfig()), choice, LeftOut(), variants=VARIANTS))


def test_a_known_answer(folder: Path) -> None:
    found = scores(folder / "shop.csv")
    assert found["all"] == {
        "rows": 4,
        "accuracy": 0.75,
        "accuracy_uniform_prior": 0.75,
        "macro_f1": round((2 / 3 + 0 + 1) / 3, 4),
        "stars_mean_absolute_error": 1.0,
        "stars_quadratic_kappa": round(1 - (0 + 1 + 4 + 1) / ((25 + 15 + 13 + 33) / 4), 4),
        "calibration_error": 0.25,
        "beginnings": {"25%": 0.5, "50%": 0.75, "75%": 0.75},
        "robustness": {
            "typos": found["all"]["robustness"]["typos"],  # type: ignore[index]
            "capitals": {"accuracy": 0.75, "macro_f1": round((2 / 3 + 0 + 1) / 3, 4)},
            "no_punctuation": {"accuracy": 0.75, "macro_f1": round((2 / 3 + 0 + 1) / 3, 4)},
        },
        "files": ["shop"],
    }


def test_the_right_rows_of_every_file_are_scored(folder: Path) -> None:
    """Val where there is val, test where there is only test, all of a benchmark, nothing of what is learned only."""
    found = scores(folder)
    files = found["files"]
    assert isinstance(files, dict)
    assert {name: (each["split"], each["rows"]) for name, each in files.items()} == {
        "bench_stars": ("all", 3),
        "bench_two": ("all", 3),
        "sealed": ("test", 2),
        "shop": ("val", 4),
    }
    assert found["all"]["files"] == ["sealed", "shop"]  # type: ignore[index]
    assert found["all"]["rows"] == 6  # type: ignore[index]
    assert "its test rows where it has no val rows" in str(found["split"])


def test_a_sealed_file_is_scored_whole(folder: Path) -> None:
    found = scores(folder / "sealed.csv")
    assert found["all"]["rows"] == 2  # type: ignore[index]
    assert found["all"]["accuracy"] == 0.5  # type: ignore[index]


def test_two_classes_get_an_accuracy(folder: Path) -> None:
    found = scores(folder / "bench_two.csv")
    assert found["all"] is None
    assert found["files"] == {
        "bench_two": {
            "split": "all",
            "rows": 3,
            "two_classes": True,
            "accuracy": round(2 / 3, 4),
            "accuracy_uniform_prior": round(2 / 3, 4),
        }
    }


@pytest.mark.parametrize(
    ("choice", "split", "rows"), [("train", "train", 1), ("test", "test", 0), ("all", "all", 5), ("auto", "val", 4)]
)
def test_rows_can_be_chosen(folder: Path, choice: SplitChoice, split: str, rows: int) -> None:
    (file,) = review_files(folder / "shop.csv", ReadConfig())
    name, found = scored_rows(file, choice, LeftOut())
    assert (name, len(found)) == (split, rows)


def test_tuning_rows_are_training_rows_that_are_named(folder: Path) -> None:
    (file,) = review_files(folder / "shop.csv", ReadConfig())
    rows = {row.split: row for row in file.rows(LeftOut())}
    kept = frozenset({rows["train"].digest, rows["val"].digest})
    assert scored_rows(file, "tuning", LeftOut(), kept) == ("tuning", [rows["train"]])
    assert scored_rows(file, "tuning", LeftOut()) == ("tuning", [])


def test_a_file_without_splits_is_scored_whole(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,rating\nsays 5,5\nsays 1,1\n")
    assert scores(tmp_path / "mine.csv")["files"]["mine"]["split"] == "all"  # type: ignore[index]


def test_nothing_to_score_is_said(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no val or test rows in learned\.csv"):
        scores(folder / "learned.csv")


def test_names_have_no_star_figures(tmp_path: Path) -> None:
    (tmp_path / "named.csv").write_text("text,rating\nsays 5,good\nsays 3,average\nsays 2,average\n")
    found = scores(tmp_path / "named.csv")["all"]
    assert isinstance(found, dict)
    assert (found["accuracy"], found["stars_quadratic_kappa"]) == (round(2 / 3, 4), None)


def test_the_command_prints_one_json_object(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "load_model", lambda _: Parrot())
    command.main(["--data", str(folder)])
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["model", "split", "all", "files", "behaviour", "left_out"]
    assert found["model"] == {"name": "parrot", "version": "1"}


def test_baselines_learn_and_balance(reviews_csv: Path) -> None:
    (file,) = review_files(reviews_csv, ReadConfig())
    rows = list(file.rows(LeftOut()))
    truth = np.array([0, 0, 1, 2, 2])[[row.stars - 1 for row in rows[1000:]]]
    names = []
    for reader in trained_baselines(rows[:1000], rows[1000:1200]):
        reading = reader.predict([row.text for row in rows[1000:]])
        np.testing.assert_allclose(reading.probabilities.sum(axis=1), 1, atol=1e-3)
        assert (reading.labels == truth).mean() > 0.9, reader.name
        assert reading.uniform_prior_offsets is not None
        names.append(reader.name)
    assert names == ["word_tfidf", "word_character_tfidf", "fasttext"]
