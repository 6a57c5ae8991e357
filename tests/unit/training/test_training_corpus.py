from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from opine_training.corpus import (
    Columns,
    CorpusError,
    Rejected,
    build_corpus,
    read_rows,
    review_files,
    split_of,
    text_digest,
)
from opine_training.dataset import read_dataset

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, content: str, name: str = "some.csv") -> Path:
    file = folder / name
    file.write_text(content)
    return file


def test_unusable_rows_are_counted_by_reason(tmp_path: Path) -> None:
    file = write(tmp_path, "text,rating\n" + "fine,4\n" * 100 + "  ,3\nbad,7\nbad,\nworse,nine\n")
    rejected = Rejected()
    assert len(list(read_rows(file, Columns(), rejected))) == 100
    assert rejected.lines() == [
        "some: 1 rows left out: empty text",
        "some: 3 rows left out: rating not one of [1, 2, 3, 4, 5]",
    ]


def test_a_file_of_mostly_unusable_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="2 of 3 rows are unusable"):
        list(read_rows(write(tmp_path, "text,rating\na,1\nb,x\nc,y\n"), Columns(), Rejected()))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no column rating \(columns: text, stars\)"):
        list(read_rows(write(tmp_path, "text,stars\na,1\n"), Columns(), Rejected()))


def test_other_column_names_and_split_are_used(tmp_path: Path) -> None:
    file = write(tmp_path, "body,stars,part\nhello,5.0,val\n")
    (row,) = read_rows(file, Columns(text="body", rating="stars", split="part"), Rejected())
    assert (row.text, row.rating, row.split, row.source) == ("hello", 5, "val", "some")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"text,rating\n" + b"".join(b"review %d,5\n" % n for n in range(5000)))
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorpusError, match="damaged after row"):
        list(read_rows(tmp_path / "cut.csv.gz", Columns(), Rejected()))


def test_benchmarks_and_other_tables_are_left_out(tmp_path: Path) -> None:
    for name in ("a.csv", "bench_x.csv"):
        write(tmp_path, "text,rating\na,1\n", name)
    write(tmp_path, "company,url\na,b\n", "companies.csv")
    assert [file.name for file in review_files(tmp_path, Columns())] == ["a.csv"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no \.csv"):
        review_files(tmp_path, Columns())


def test_digest_ignores_case_and_punctuation() -> None:
    assert text_digest("Great shop!") == text_digest("great, SHOP")
    assert text_digest("great shop") != text_digest("great shops")


def test_split_is_80_10_10() -> None:
    parts = [split_of(digest) for digest in range(1000)]
    assert [parts.count(name) for name in ("train", "val", "test")] == [800, 100, 100]


def test_dataset_parts_are_disjoint_and_capped(reviews_csv: Path) -> None:
    whole = read_dataset(reviews_csv, Columns(), {}, 0.1)
    parts = [set(part.texts) for part in (whole.train, whole.tuning, whole.validation)]
    assert all(parts)
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]
    capped = read_dataset(reviews_csv, Columns(), {"made_up": 300}, 0.1)
    assert 200 < len(capped.train) + len(capped.tuning) < 400
    assert capped.validation.texts == whole.validation.texts
    assert capped.fingerprint != whole.fingerprint


def test_dataset_without_validation_rows_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "text,rating,split\n" + "".join(f"review {n},4,train\n" for n in range(50)))
    with pytest.raises(CorpusError, match="no validation rows"):
        read_dataset(file, Columns(), {}, 0.5)


def test_corpus_keeps_each_text_apart(reviews_csv: Path) -> None:
    corpus = build_corpus(read_rows(reviews_csv, Columns(), Rejected()))
    assert bytes(corpus.text_symbols(7)).decode() == corpus.texts[7]
