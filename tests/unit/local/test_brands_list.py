"""The shipped list of brands: enough of them, each once, with a slug that follows from the name."""

import csv
import re
import unicodedata
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.support import ROOT

BRANDS_CSV = ROOT / "services/reviews/src/opine_reviews/brands.csv"
SECTORS = {
    "Airlines",
    "Banks and payments",
    "Beauty and personal care",
    "Cars and motorcycles",
    "Clothing and shoes",
    "Computers and electronics",
    "Drinks",
    "Food and sweets",
    "Games and toys",
    "Home and appliances",
    "Luxury and watches",
    "Media and streaming",
    "Online shops",
    "Parcels and post",
    "Restaurants and cafés",
    "Software and internet",
    "Sports and outdoors",
    "Supermarkets and department stores",
    "Telecoms",
    "Travel and hotels",
}
SPELLED_OUT = str.maketrans({"&": " and ", "+": " plus ", "'": "", "ø": "o"})

Row = dict[str, str]


def slug_of(name: str) -> str:
    """The name in lower-case ASCII letters and digits, joined by hyphens."""
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(SPELLED_OUT))
    return re.sub(r"[^a-z0-9]+", "-", decomposed.encode("ascii", "ignore").decode()).strip("-")


def host_of(website: str) -> str:
    return (urlsplit(website).hostname or "").removeprefix("www.")


def faults(rows: list[Row]) -> list[str]:
    """What is wrong with the list, one sentence each."""
    found = [f"{row['slug']}: the slug of {row['name']} is {slug_of(row['name'])}"
             for row in rows if row["slug"] != slug_of(row["name"])]  # fmt: skip
    found += [f"{row['slug']}: no sector {row['sector']}" for row in rows if row["sector"] not in SECTORS]
    found += [
        f"{row['slug']}: {row['website']} is no https address of a site"
        for row in rows
        if not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+", row["website"])
    ]
    for column, values in {
        "slug": [row["slug"] for row in rows],
        "name": [row["name"].casefold() for row in rows],
        "host": [host_of(row["website"]) for row in rows],
    }.items():
        found += [f"{column} {value} {count} times" for value, count in Counter(values).items() if count > 1]
    return found


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with BRANDS_CSV.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames == ["slug", "name", "website", "sector"]
        return list(reader)


def test_at_least_two_hundred_brands_in_every_sector(rows: list[Row]) -> None:
    assert len(rows) >= 200
    assert {row["sector"] for row in rows} == SECTORS


def test_the_list_has_no_fault(rows: list[Row]) -> None:
    assert faults(rows) == []


def test_the_list_is_sorted_by_slug(rows: list[Row]) -> None:
    assert [row["slug"] for row in rows] == sorted(row["slug"] for row in rows)


def test_names_keep_their_accents(rows: list[Row]) -> None:
    assert {"Citroën", "Nestlé", "Škoda", "Søstrene Grene"} <= {row["name"] for row in rows}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"slug": "acme"}, "the slug of Nestlé is nestle"),
        ({"sector": "Chocolate"}, "no sector Chocolate"),
        ({"website": "http://www.nestle.com"}, "is no https address"),
        ({"website": "https://www.nestle.com/"}, "is no https address"),
        ({"website": "https://lindt.com"}, "host lindt.com 2 times"),
        ({"name": "LINDT"}, "name lindt 2 times"),
        ({"slug": "lindt"}, "slug lindt 2 times"),
    ],
)
def test_a_faulty_list_is_rejected(change: Row, fault: str) -> None:
    lindt = {"slug": "lindt", "name": "Lindt", "website": "https://www.lindt.com", "sector": "Food and sweets"}
    nestle = {"slug": "nestle", "name": "Nestlé", "website": "https://www.nestle.com", "sector": "Food and sweets"}
    assert faults([lindt, nestle]) == []
    assert any(fault in sentence for sentence in faults([lindt, nestle | change]))
