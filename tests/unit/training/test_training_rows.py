"""Files are read row by row; what cannot be used is counted and named."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from opine_training.config import Columns, LabelScheme, ReadConfig
from opine_training.reviews import DataError, LeftOut, Row, review_file, review_files, split_of, text_digest

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, content: str, name: str = "some.csv") -> Path:
    file = folder / name
    file.write_text(content)
    return file


def read(file: Path, config: ReadConfig | None = None, left_out: LeftOut | None = None) -> list[Row]:
    return list(review_file(file, config or ReadConfig()).rows(left_out or LeftOut()))


def test_unusable_rows_are_counted_by_reason(tmp_path: Path) -> None:
    file = write(tmp_path, "text,rating\n" + "fine,4\n" * 100 + "  ,3\nbad,7\nbad,\nworse,nine\nbad,6\n")
    left_out = LeftOut()
    assert len(read(file, left_out=left_out)) == 100
    assert left_out.lines() == [
        "some: 1 rows left out: empty text (row 101)",
        "some: 4 rows left out: rating not one of 1-5 (row 102, 103, 104 ...)",
    ]


def test_a_file_of_mostly_unusable_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 of 3 rows are unusable"):
        read(write(tmp_path, "text,rating\na,1\nb,x\nc,y\n"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column rating \(columns: text, stars\); see --columns.text"):
        read(write(tmp_path, "text,stars\na,1\n"))


def test_other_columns_separator_and_source_are_used(tmp_path: Path) -> None:
    file = write(tmp_path, "body;stars;part;site\nhello;5.0;val;there\n")
    columns = Columns(text="body", rating="stars", split="part", source="site")
    (row,) = read(file, ReadConfig(columns=columns, separator=";"))
    assert (row.text, row.stars, row.split, row.source) == ("hello", 5, "val", "there")


@pytest.mark.parametrize(
    ("labels", "ratings", "stars"),
    [
        ("stars", ["1", "2.0", "5"], [1, 2, 5]),
        ("ten", ["1", "2", "3", "9", "10"], [1, 1, 2, 5, 5]),
        ("names", ["bad", "average", "good"], [1, 3, 5]),
        ("two", ["0", "1"], [1, 5]),
        ("auto", ["0", "1", "1"], [1, 5, 5]),
        ("auto", ["good", "bad"], [5, 1]),
        ("auto", ["1", "1"], [1, 1]),
        ("auto", ["1", "4"], [1, 4]),
    ],
)
def test_label_schemes(tmp_path: Path, labels: LabelScheme, ratings: list[str], stars: list[int]) -> None:
    file = write(tmp_path, "text,rating\n" + "".join(f"text {n},{each}\n" for n, each in enumerate(ratings)))
    assert [row.stars for row in read(file, ReadConfig(labels=labels))] == stars


def test_a_stray_zero_does_not_make_two_classes_of_stars(tmp_path: Path) -> None:
    file = write(tmp_path, "text,rating\n" + "fine,4\n" * 50 + "what,0\n")
    left_out = LeftOut()
    assert {row.stars for row in read(file, left_out=left_out)} == {4}
    assert left_out.lines() == ["some: 1 rows left out: rating not one of 1-5 (row 51)"]


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"text,rating\n" + b"".join(b"review %d,5\n" % n for n in range(5000)))
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged after row"):
        read(tmp_path / "cut.csv.gz")


def test_no_more_rows_are_read_than_asked_for(tmp_path: Path) -> None:
    file = write(tmp_path, "text,rating\n" + "".join(f"text {n},3\n" for n in range(50)))
    assert len(read(file, ReadConfig(max_rows=7))) == 7


def test_other_tables_are_left_out_and_benchmarks_are_marked(tmp_path: Path) -> None:
    for name in ("a.csv", "bench_x.csv"):
        write(tmp_path, "text,rating\na,1\n", name)
    write(tmp_path, "company,url\na,b\n", "companies.csv")
    found = review_files(tmp_path, ReadConfig())
    assert [(file.name, file.benchmark) for file in found] == [("a", False), ("bench_x", True)]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no \.csv"):
        review_files(tmp_path, ReadConfig())


def test_digest_ignores_case_and_punctuation() -> None:
    assert text_digest("Great shop!") == text_digest("great, SHOP")
    assert text_digest("great shop") != text_digest("great shops")


def test_split_is_that_of_the_datas_readme() -> None:
    """The first 32 bits of the normalised text's MD5, modulo 100: below 10 test, below 20 val."""
    assert text_digest("Great shop!") >> 32 == 0x13AFA839
    parts = [split_of(part << 32) for part in range(1000)]
    assert [parts.count(name) for name in ("train", "val", "test")] == [800, 100, 100]
    assert (parts[5], parts[15], parts[25]) == ("test", "val", "train")
