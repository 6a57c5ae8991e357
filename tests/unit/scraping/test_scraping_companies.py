from collections import Counter
from pathlib import Path

import pytest
from opine_scraping.companies import Company, Shard, read_companies, select_companies
from opine_scraping.issues import UsageError

NAMES = [f"shop-{number}.example" for number in range(2000)]


def test_shards_part_the_companies_evenly_and_for_good() -> None:
    shards = [Shard(number, 8) for number in range(1, 9)]
    holders = {name: [shard.number for shard in shards if shard.holds(name)] for name in NAMES}
    assert all(len(numbers) == 1 for numbers in holders.values())
    sizes = Counter(number for (number,) in holders.values())
    assert min(sizes.values()) > 200
    # Another number here would make each shard read what another has read before.
    assert [holders[name] for name in NAMES[:6]] == [[8], [5], [4], [3], [8], [3]]


def test_a_shard_is_written_as_people_count() -> None:
    assert Shard.parse("3/8") == Shard(3, 8)
    assert str(Shard(3, 8)) == "3/8"


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/", "/8", "a/b", "1/0", "-1/8"])
def test_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match="shard"):
        Shard.parse(text)


def test_companies_of_2019_and_our_own_are_read(tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text(
        "category,sub_category,company_url\nFood,Bakery,https://www.example.org/review/a.example\n"
        "Food,Cafe,https://www.example.org/review/a.example?page=2\n,,/review/b%20c.example\n"
    )
    read = list(read_companies(file))
    assert read == [
        Company("a.example", "Food", "Bakery"),
        Company("a.example", "Food", "Cafe"),
        Company("b c.example"),
    ]
    assert select_companies(read, Shard(), None) == [read[0], read[2]]
    assert select_companies(read, Shard(), 1) == [read[0]]


TABLE = "category;company_url\nCafés;https://www.example.org/review/a.example\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_of_spreadsheets_are_read(tmp_path: Path, encoding: str, separator: str) -> None:
    file = tmp_path / "companies.csv"
    file.write_bytes(TABLE.replace(";", separator).replace("\n", "\r\n").encode(encoding))
    assert list(read_companies(file)) == [Company("a.example", "Cafés")]


@pytest.mark.parametrize("content", [TABLE.encode("latin-1"), TABLE.encode("utf-16-le"), b"\xff\xfe\x00"])
def test_a_file_of_another_encoding_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "companies.csv").write_bytes(content)
    with pytest.raises(UsageError, match=r"save it as CSV UTF-8|no column company"):
        list(read_companies(tmp_path / "companies.csv"))


@pytest.mark.parametrize(
    "line", ["../../x", "..", "a/b", "a\x00b", "a" * 301, '"torn', "https://x.example/review/%2e%2e", "http://[::1"]
)
def test_a_company_is_one_part_of_an_address(tmp_path: Path, line: str) -> None:
    file = tmp_path / "companies.csv"
    file.write_text(f"{'company_url' if '://' in line else 'company'}\n{line}\n")
    with pytest.raises(UsageError, match=r"line 2|no CSV file"):
        list(read_companies(file))


@pytest.mark.parametrize(
    ("text", "fault"),
    [("name\nx\n", "no column"), ("", "no column"), ("company_url\nhttps://x.example/about\n", "line 2")],
)
def test_other_files_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "companies.csv").write_text(text)
    with pytest.raises(UsageError, match=fault):
        list(read_companies(tmp_path / "companies.csv"))
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_companies(tmp_path / "missing.csv"))
