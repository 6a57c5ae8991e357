"""Items in the tables: each once, the newest reading, on one brand."""

import datetime as dt
from typing import Any

import pytest
from opine_scraping.database.companies import known_companies
from opine_scraping.database.output import DatabaseOutput
from opine_scraping.items import CompanyItem, Item
from opine_scraping.outputs import OutputError, Written
from sqlalchemy import Engine, text

from tests.support.scraping.items import NOON, company, review

LATER, EARLIER = NOON + dt.timedelta(days=1), NOON - dt.timedelta(days=1)


def _rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def _review(engine: Engine) -> dict[str, Any]:
    (row,) = _rows(engine, "SELECT * FROM scraped_review")
    return row


def test_a_page_is_kept_whole_and_again_changes_nothing(output: DatabaseOutput, engine: Engine) -> None:
    page: list[Item] = [company(), *(review(number) for number in range(20))]
    assert output.write(page) == Written(new=21, already_there=0)
    before = _rows(engine, "SELECT *, xmin FROM scraped_review ORDER BY id")
    assert output.write(page) == Written(new=0, already_there=21)
    assert _rows(engine, "SELECT *, xmin FROM scraped_review ORDER BY id") == before
    assert len(before) == 20
    counts = _rows(engine, "SELECT stars_1 + stars_2 + stars_3 + stars_4 + stars_5 AS number FROM scraped_count")
    assert counts == [{"number": 20}]


def test_every_field_arrives(output: DatabaseOutput, engine: Engine) -> None:
    item = review(1, country="GB", verified=True, reply="Thank you")
    output.write([company(), item])
    row = _review(engine)
    assert {name: row[name] for name in item.model_dump() if name != "company"} == item.model_dump(exclude={"company"})
    assert row["brand_slug"] == "shoes-example"


@pytest.mark.parametrize(
    ("change", "read_at", "wins"),
    [
        ({"text": "Another text"}, LATER, True),
        ({"stars": 5}, LATER, True),
        ({"reply": "We are sorry"}, LATER, True),
        ({"title": None}, NOON, True),
        ({"text": "Another text"}, EARLIER, False),
        ({"source_url": "https://www.trustpilot.com/review/shoes.example?page=9"}, LATER, False),
    ],
)
def test_of_two_readings_the_newest_stays(
    output: DatabaseOutput, engine: Engine, change: dict[str, object], read_at: dt.datetime, wins: bool
) -> None:
    output.write([company(), review(1)])
    assert output.write([review(1, read_at=read_at, **change)]) == Written(new=0, already_there=1)
    row = _review(engine)
    assert all((row[name] == value) is wins for name, value in change.items())
    assert row["read_at"] == (read_at if wins else NOON)


def test_twice_in_a_batch_is_once(output: DatabaseOutput, engine: Engine) -> None:
    twice = [review(1, text="newer", read_at=LATER), review(1, text="older")]
    assert output.write([company(), *twice]) == Written(new=2, already_there=1)
    assert _review(engine)["text"] == "newer"


def test_a_company_of_a_brands_domain_is_that_brand(output: DatabaseOutput, engine: Engine) -> None:
    before = _rows(engine, "SELECT * FROM brand ORDER BY id")
    item = company("nike.example.com", name="NIKE Store", website="http://www.nike.example.com/?utm_source=x")
    output.write([item, review(1, company="nike.example.com")])
    assert _rows(engine, "SELECT * FROM brand ORDER BY id") == before
    assert _review(engine)["brand_slug"] == "nike"
    (row,) = _rows(engine, "SELECT company, brand_slug, name FROM brand_source")
    assert row == {"company": "nike.example.com", "brand_slug": "nike", "name": "NIKE Store"}


@pytest.mark.parametrize(
    ("item", "slug", "website"),
    [
        (company(), "shoes-example", "http://www.shoes.example"),
        (company("bt.example", website="https://www.bt.example:443/"), "bt-example", "https://www.bt.example:443"),
        (
            company("zara.example", website="https://nike.example.com/zara"),
            "zara-example",
            "https://nike.example.com/zara",
        ),
        (company("zara.example", website="javascript:alert(1)"), "zara-example", None),
        (company("ÜÖ", website="https://example.com/uo"), "uo", "https://example.com/uo"),
    ],
)
def test_a_company_of_no_brand_becomes_one(
    output: DatabaseOutput,
    engine: Engine,
    item: CompanyItem,
    slug: str,
    website: str | None,
) -> None:
    output.write([item])
    output.write([item])
    added = _rows(engine, "SELECT slug, name, website, sector, origin FROM brand WHERE origin = 'scraped'")
    assert added == [
        {"slug": slug, "name": "Shoes and more", "website": website, "sector": "Shops", "origin": "scraped"}
    ]


def test_a_company_of_a_list_is_a_brand_once_its_website_is_known(output: DatabaseOutput, engine: Engine) -> None:
    brands = "SELECT slug FROM brand WHERE origin = 'scraped'"
    output.write([company("nike.invalid", website=None), company("bt.example", website=None)])
    assert _rows(engine, brands) == []
    # Its own page names another host than its name does.
    output.write([company("nike.invalid", website="https://nike.example.com"), review(1, company="nike.invalid")])
    assert _rows(engine, brands) == []
    assert _review(engine)["brand_slug"] == "nike"
    # A page that names none leaves the name.
    output.write([company("bt.example", website=None), review(2, company="bt.example")])
    assert _rows(engine, brands) == [{"slug": "bt-example"}]


def test_companies_of_one_name_stay_two_brands(output: DatabaseOutput, engine: Engine) -> None:
    output.write([company("apex.example", name="Apex"), company("apex.invalid", name="Apex")])
    output.write([company("a-b.example"), company("a.b.example")])
    slugs = [row["slug"] for row in _rows(engine, "SELECT slug FROM brand WHERE origin = 'scraped' ORDER BY id")]
    assert slugs[:3] == ["apex-example", "apex-invalid", "a-b-example"]
    assert slugs[3].startswith("a-b-example-")


def test_one_company_of_two_sources_is_one_brand(output: DatabaseOutput, engine: Engine) -> None:
    output.write([company(), company("Shoes", source="another-site", website="https://shoes.example")])
    assert len(_rows(engine, "SELECT * FROM brand WHERE origin = 'scraped'")) == 1
    assert len(_rows(engine, "SELECT * FROM brand_source WHERE brand_slug = 'shoes-example'")) == 2


def test_what_a_list_of_companies_leaves_out_is_kept(output: DatabaseOutput, engine: Engine) -> None:
    output.write([company(logo="https://logos.example/1.png")])
    output.write([company(name="Shoes & more", logo=None, website=None, read_at=LATER)])
    (row,) = _rows(engine, "SELECT name, logo, website FROM brand_source")
    assert (row["name"], row["logo"]) == ("Shoes & more", "https://logos.example/1.png")
    assert row["website"] == "http://www.shoes.example"


def test_a_review_without_its_company_is_refused_and_nothing_kept(output: DatabaseOutput, engine: Engine) -> None:
    with pytest.raises(OutputError, match=r"companies that were not read: gone\.example"):
        output.write([company(), review(1), review(2, company="gone.example")])
    assert _rows(engine, "SELECT * FROM brand_source") == []


def test_what_postgresql_cannot_hold_is_replaced(output: DatabaseOutput, engine: Engine) -> None:
    output.write([company(), review(1, text="a\x00b\ud83dc 😀", title="\x00")])
    row = _review(engine)
    assert (row["text"], row["title"]) == ("a\ufffdb\ufffdc 😀", "\ufffd")


def test_companies_come_back_in_order(output: DatabaseOutput, engine: Engine, database_url: str) -> None:
    items = [company(f"company-{number:04}.example") for number in range(1005)]
    output.write(items[::-1])
    output.write([company("other.example", source="another-site")])
    assert len(_rows(engine, "SELECT slug FROM brand WHERE origin = 'scraped'")) == 1006
    found = list(known_companies(database_url, "trustpilot"))
    assert [item.company for item in found] == [item.company for item in items]
    assert found[0] == items[0].model_copy(update={"category": None, "website": "http://www.company-0000.example"})
