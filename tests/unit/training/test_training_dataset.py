from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from opine_training.config import ReadConfig, SelectionConfig
from opine_training.corpus import Dataset, read_dataset, write_corpus
from opine_training.networks import build_encoding
from opine_training.reviews import DataError, LeftOut, review_file
from opine_training.splits import Source, training_rows, tuning_digests

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config import TrainConfig

SELECTION = SelectionConfig(tuning_share=0.1)
LONG = "I ordered two lamps in March and they came broken, nobody answered my mails for weeks and weeks, {}"


def write(file: Path, rows: list[tuple[str, int, str]]) -> Path:
    with file.open("w", newline="") as handle:
        csv.writer(handle).writerows([("text", "rating", "split"), *rows])
    return file


def read(data: Path, config: TrainConfig, cache: Path, selection: SelectionConfig = SELECTION) -> Dataset:
    return read_dataset(Source(data, ReadConfig(), selection), build_encoding(config), cache)


def test_parts_are_disjoint_and_caps_hold(
    dataset: Dataset, reviews_csv: Path, small_config: TrainConfig, tmp_path: Path
) -> None:
    parts = [set(part.texts) for part in (dataset.train, dataset.tuning, dataset.validation)]
    assert all(parts)
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]
    selection = SelectionConfig(tuning_share=0.1, cap={"made_up": 300})
    capped = read(reviews_csv, small_config, tmp_path / "cache", selection)
    assert 200 < len(capped.train) + len(capped.tuning) < 400
    assert list(capped.validation.texts) == list(dataset.validation.texts)
    assert capped.fingerprint != dataset.fingerprint
    assert {"source": "made_up", "reason": "over its cap"}.items() <= capped.summary["left_out"][0].items()


def test_a_share_of_the_training_rows_is_part_of_a_larger_share(
    dataset: Dataset, reviews_csv: Path, small_config: TrainConfig, tmp_path: Path
) -> None:
    half, tenth = (
        read(reviews_csv, small_config, tmp_path / str(share), SelectionConfig(tuning_share=0.1, share=share))
        for share in (0.5, 0.1)
    )
    assert 0.4 < len(half.train) / len(dataset.train) < 0.6
    assert set(tenth.train.texts) < set(half.train.texts) < set(dataset.train.texts)
    assert list(tenth.validation.texts) == list(dataset.validation.texts)
    assert half.summary["left_out"][0]["reason"] == "not in the share"


def test_the_tuning_rows_are_those_of_a_run(dataset: Dataset, reviews_csv: Path) -> None:
    assert tuning_digests(Source(reviews_csv, ReadConfig(), SELECTION)) == set(dataset.tuning.digests.tolist())


def test_near_duplicates_of_held_out_texts_are_left_out_and_counted(small_config: TrainConfig, tmp_path: Path) -> None:
    ordinary = [(f"review number {n}", n % 5 + 1, "train") for n in range(100)]
    write(
        tmp_path / "mine.csv",
        [
            *ordinary,
            *[(f"held out {n}", 4, "val") for n in range(5)],
            (LONG.format("so I gave up."), 1, "train"),
            (LONG.format("so I gave it up!"), 1, "test"),
            ("only in a benchmark", 2, "train"),
        ],
    )
    write(tmp_path / "bench_theirs.csv", [("Only in a BENCHMARK.", 2, "train")])
    dataset = read(tmp_path, small_config, tmp_path / "cache")
    assert dataset.summary["left_out"] == [{"source": "mine", "reason": "nearly a held-out text", "rows": 2}]
    assert dataset.summary["rows"]["mine"] == {
        "train": len(dataset.train),
        "tuning": len(dataset.tuning),
        "validation": 5,
    }
    assert set(dataset.summary["rows"]) == {"mine"}
    assert len(dataset.train) + len(dataset.tuning) == 100


def test_a_cache_is_read_again_until_the_data_change(
    reviews_csv: Path, small_config: TrainConfig, tmp_path: Path
) -> None:
    data = tmp_path / "reviews.csv"
    data.write_bytes(reviews_csv.read_bytes())
    first = read(data, small_config, tmp_path / "cache")
    written = (tmp_path / "cache/data.json").stat().st_mtime_ns
    assert read(data, small_config, tmp_path / "cache").fingerprint == first.fingerprint
    assert (tmp_path / "cache/data.json").stat().st_mtime_ns == written
    with data.open("a") as handle:
        handle.writelines(f"another review {n},3\n" for n in range(20))
    assert read(data, small_config, tmp_path / "cache").fingerprint != first.fingerprint


def test_the_baselines_rows_are_the_runs(dataset: Dataset, reviews_csv: Path) -> None:
    rows, fingerprint = training_rows(Source(reviews_csv, ReadConfig(), SELECTION))
    assert [row.text for row in rows] == list(dataset.train.texts)
    assert fingerprint == dataset.fingerprint


def test_data_without_validation_rows_are_refused(small_config: TrainConfig, tmp_path: Path) -> None:
    file = write(tmp_path / "some.csv", [(f"review {n}", 4, "train") for n in range(50)])
    with pytest.raises(DataError, match="no validation rows"):
        read(file, small_config, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_two_classes_are_refused_for_training(small_config: TrainConfig, tmp_path: Path) -> None:
    file = write(tmp_path / "some.csv", [(f"review {n}", n % 2, "train") for n in range(50)])
    with pytest.raises(DataError, match="0 and 1 teach no stars"):
        read(file, small_config, tmp_path / "cache")


def test_a_corpus_keeps_each_text_and_its_symbols(small_config: TrainConfig, tmp_path: Path) -> None:
    texts = ["plain", "caf\u00e9 \U0001f600", "\u05e9\u05dc\u05d5\u05dd", "last"]
    file = write(tmp_path / "some.csv", [(text, 2, "train") for text in texts])
    encoding = build_encoding(small_config)
    corpus = write_corpus(tmp_path / "corpus", review_file(file, ReadConfig()).rows(LeftOut()), encoding.encode)
    assert list(corpus.texts) == texts
    assert corpus.texts[-1] == "last"
    assert corpus.texts[1:3] == texts[1:3]
    for index, text in enumerate(texts):
        np.testing.assert_array_equal(corpus.text_symbols(index), encoding.encode(text))
    assert corpus.lengths.tolist() == [len(encoding.encode(text)) for text in texts]
    assert corpus.stars.tolist() == [1] * 4
