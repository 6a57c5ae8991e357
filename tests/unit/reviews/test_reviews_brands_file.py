from pathlib import Path

import pytest
from opine_reviews.brands import slugify
from opine_reviews.brands_file import BrandsFileError, read_brands

HEADER = "slug,name,website,sector\n"
NIKE = "nike,Nike,https://www.nike.com,Shoes\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "brands.csv"


def test_the_shipped_list_is_whole() -> None:
    rows = read_brands()
    assert len(rows) > 400
    assert [row.slug for row in rows] == sorted({row.slug for row in rows})
    assert len({slugify(row.name) for row in rows}) == len(rows)


def test_a_list_is_read(path: Path) -> None:
    path.write_text(HEADER + NIKE + 'h-m,"H&M, Sweden",https://hm.com/se,Fashion\n', encoding="utf-8")
    assert [(row.slug, row.name) for row in read_brands(path)] == [("nike", "Nike"), ("h-m", "H&M, Sweden")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: the header"),
        ("name,slug,website,sector\n" + NIKE, "line 1: the header"),
        (HEADER, "line 2: there is no brand"),
        (HEADER + NIKE + "Adidas,Adidas,https://www.adidas.com,Shoes\n", "line 3: slug"),
        (HEADER + "nike,,https://www.nike.com,Shoes\n", "line 2: name"),
        (HEADER + "nike, Nike,https://www.nike.com,Shoes\n", "line 2: name"),
        (HEADER + "nike,Ni\x00ke,https://www.nike.com,Shoes\n", "line 2"),
        (HEADER + "nike,Nike,www.nike.com,Shoes\n", "line 2: website"),
        (HEADER + "nike,Nike,javascript:alert(1),Shoes\n", "line 2: website"),
        (HEADER + "nike,Nike,https://www.nike.com,\n", "line 2: sector"),
        (HEADER + NIKE + "zara,Zara,https://www.zara.com\n", "line 3: must have 4 cells"),
        (HEADER + NIKE + "zara,Zara,https://www.zara.com,Fashion,more\n", "line 3: must have 4 cells"),
        (HEADER + NIKE + "\n" + NIKE, "line 4: the slug nike comes twice"),
        (HEADER + 'nike,"Nike,https://www.nike.com,Shoes\n', "line 2"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(path: Path, content: str, said: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BrandsFileError, match=said):
        read_brands(path)
