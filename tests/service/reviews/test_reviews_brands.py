import pytest
from flask.testing import FlaskClient
from opine_reviews.models import Brand
from sqlalchemy import Engine, insert, text

from tests.support.reviews.checks import problem
from tests.support.reviews.paging import pages
from tests.support.reviews.rows import BRANDS, add_reviews, scored

LIST = "/api/v1/brands"
BY_NAME = [slug for slug, name, _ in sorted(BRANDS, key=lambda brand: brand[1].lower())]


def _slugs(client: FlaskClient, **query: str | int) -> list[str]:
    return [brand["slug"] for page in pages(client, LIST, **query) for brand in page]


def test_a_brand_has_its_count_and_average(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, [{"stars": 5}, {"stars": 4}, {"stars": 1, "brand_slug": "zara"}])
    nike = {
        "slug": "nike",
        "name": "Nike",
        "website": "https://nike.example.com",
        "sector": "Sports and outdoors",
        "origin": "list",
        "demo": False,
        "review_count": 2,
        "average_stars": 4.5,
        "scraped": [],
    }
    assert client.get(f"{LIST}/nike").get_json() == nike
    assert nike in client.get(LIST).get_json()["items"]
    assert client.get(f"{LIST}/adidas").get_json()["average_stars"] is None


@pytest.mark.parametrize("limit", [1, 3, 8, 100])
def test_all_pages_together_are_all_brands_by_name(client: FlaskClient, limit: int) -> None:
    assert _slugs(client, limit=limit) == BY_NAME


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_search_gives_the_best_first(client: FlaskClient, limit: int) -> None:
    # The name, its beginning, a word's beginning, the rest; then by name.
    expected = ["the-air", "air-canada", "british-airways", "new-air", "fair-trade"]
    assert _slugs(client, q="AIR", limit=limit) == expected


@pytest.mark.parametrize("limit", [1, 100])
def test_a_sector_filters(client: FlaskClient, limit: int) -> None:
    airlines = ["the-air", "air-canada", "british-airways", "new-air"]
    assert _slugs(client, sector="Airlines", limit=limit) == airlines
    assert _slugs(client, sector="Airlines", q="can", limit=limit) == ["air-canada"]
    assert _slugs(client, sector="airlines") == []


@pytest.mark.parametrize("q", ["%", "_", "/", "\\", "'", "shoes"])
def test_a_search_takes_its_text_as_it_is(client: FlaskClient, q: str) -> None:
    assert _slugs(client, q=q) == []


HARD_TO_WRITE = (
    ("ben-jerry-s", "Ben & Jerry's"),
    ("cafe-de-flore", "Café de Flore"),
    ("h-m", "H&M"),
    ("haagen-dazs", "Häagen-Dazs"),
    ("l-oreal-paris", "L\u2019Oréal Paris"),
    ("maersk", "Mærsk"),
    ("moscow", "Москва"),
    ("nestle", "Nestlé"),
    ("smoerrebroed", "SMØRREBRØD"),
    ("and", "And"),
)


@pytest.fixture
def hard_to_write(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Brand), [{"slug": slug, "name": name} for slug, name in HARD_TO_WRITE])


@pytest.mark.usefixtures("hard_to_write")
@pytest.mark.parametrize(
    ("q", "slug"),
    [
        ("nestle", "nestle"),
        ("NESTLÉ", "nestle"),
        ("Nestle\u0301", "nestle"),
        ("cafe", "cafe-de-flore"),
        ("loreal", "l-oreal-paris"),
        ("l'oreal", "l-oreal-paris"),
        ("L Oreal", "l-oreal-paris"),
        ("H & M", "h-m"),
        ("h and m", "h-m"),
        ("hm", "h-m"),
        ("h+m", "h-m"),
        ("ben and jerrys", "ben-jerry-s"),
        ("Ben&Jerry\u2019s", "ben-jerry-s"),
        ("haagen dazs", "haagen-dazs"),
        ("haagendazs", "haagen-dazs"),
        ("maersk", "maersk"),
        ("smorrebrod", "smoerrebroed"),
        ("москва", "moscow"),
        ("and", "and"),
    ],
)
def test_a_search_folds_what_people_leave_out(client: FlaskClient, q: str, slug: str) -> None:
    assert _slugs(client, q=q)[0] == slug


@pytest.mark.usefixtures("hard_to_write")
@pytest.mark.parametrize("limit", [1, 100])
@pytest.mark.parametrize(
    ("q", "slugs"),
    [
        ("nesle", ["nestle"]),
        ("nesttle", ["nestle"]),
        ("nestel", ["nestle"]),
        ("mestlé", ["nestle"]),
        ("addidas", ["adidas"]),
        ("loraele", []),
        ("brittish airways", ["british-airways"]),
        ("airwasy", ["british-airways"]),
        ("ben & jerys", ["ben-jerry-s"]),
        # Three letters are next to too many others.
        ("zra", []),
    ],
)
def test_a_search_forgives_a_typo(client: FlaskClient, q: str, slugs: list[str], limit: int) -> None:
    assert _slugs(client, q=q, limit=limit) == slugs


def test_a_typo_is_only_supposed_where_nothing_else_is_found(client: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Brand), [{"slug": "nikel", "name": "Nikel"}, {"slug": "nile", "name": "Nile"}])
    assert _slugs(client, q="nike") == ["nike", "nikel"]
    assert _slugs(client, q="nikke") == ["nike", "nikel"]
    assert _slugs(client, q="nikke", sector="Fashion") == []


@pytest.mark.parametrize("sector", ["Sports and outdoors", None])
def test_a_brand_that_nobody_sees_does_not_stop_a_typo(client: FlaskClient, engine: Engine, sector: str | None) -> None:
    unlisted = {"slug": "nikke", "name": "Nikke", "sector": "Sports and outdoors", "listed": False}
    with engine.begin() as connection:
        connection.execute(insert(Brand), [unlisted])
    assert _slugs(client, q="nikke", **({} if sector is None else {"sector": sector})) == ["nike"]


def test_no_extension_is_needed(engine: Engine) -> None:
    with engine.connect() as connection:
        bodies = connection.scalars(text("SELECT prosrc FROM pg_proc WHERE proname LIKE 'brand_search%'")).all()
        used = connection.scalar(
            text(
                "SELECT count(*) FROM pg_depend WHERE classid = 'pg_proc'::regclass AND refclassid = "
                "'pg_extension'::regclass AND objid IN (SELECT oid FROM pg_proc WHERE proname LIKE 'brand_search%')"
            )
        )
    assert len(bodies) == 3
    assert used == 0


def test_blanks_are_no_search(client: FlaskClient) -> None:
    assert _slugs(client, q="  ") == BY_NAME
    assert _slugs(client, q=" nik ") == ["nike"]


@pytest.mark.parametrize("letter", ["Ж", "界", "😀", "'", "\\"])
def test_the_longest_names_can_be_paged_over(client: FlaskClient, engine: Engine, letter: str) -> None:
    rows = [{"slug": f"long-{number}", "name": letter * 99 + str(number)} for number in range(3)]
    with engine.begin() as connection:
        connection.execute(insert(Brand), rows)
    assert _slugs(client, q=letter * 9, limit=1) == ["long-0", "long-1", "long-2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"q": ""}, "q"),
        ({"q": "a" * 201}, "q"),
        ({"q": "a\x00"}, "q"),
        ({"sector": "\x00"}, "sector"),
        ({"sort": "name"}, "sort"),
        ({"cursor": "a" * 9999}, "cursor"),
    ],
)
def test_a_wrong_query_is_422(client: FlaskClient, query: dict[str, object], field: str) -> None:
    problem(client.get(LIST, query_string=query), 422, "invalid-request", field=field)


def test_a_cursor_serves_only_its_own_query(client: FlaskClient) -> None:
    cursor = client.get(LIST, query_string={"limit": 1, "q": "air"}).get_json()["next_cursor"]
    for other in ({}, {"q": "aIr"}, {"q": "air", "sector": "Airlines"}):
        response = client.get(LIST, query_string=other | {"cursor": cursor})
        problem(response, 422, "invalid-cursor", field="cursor")


def test_random_never_repeats_the_excluded_one(client: FlaskClient, engine: Engine) -> None:
    seen = {client.get(f"{LIST}/random", query_string={"exclude": "nike"}).get_json()["slug"] for _ in range(60)}
    assert len(seen) > 1
    assert "nike" not in seen
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM brand WHERE slug <> 'nike'")
    assert client.get(f"{LIST}/random").get_json()["slug"] == "nike"
    assert client.get(f"{LIST}/random", query_string={"exclude": "zara"}).get_json()["slug"] == "nike"
    problem(client.get(f"{LIST}/random", query_string={"exclude": "nike"}), 404)
    problem(client.get(f"{LIST}/random", query_string={"exclude": "\x00"}), 422, "invalid-request", field="exclude")


@pytest.mark.parametrize("slug", ["nobody", "Nike", "nike%00", "nike%0A", "%ED%A0%80", "a" * 500])
@pytest.mark.parametrize("rest", ["", "/summary"])
def test_an_unknown_brand_is_404(client: FlaskClient, slug: str, rest: str) -> None:
    problem(client.get(f"{LIST}/{slug}{rest}"), 404)


def test_a_summary_counts_by_star_label_and_month(client: FlaskClient, engine: Engine) -> None:
    add_reviews(
        engine,
        [
            {"stars": 5, "created_at": "2026-10-31T23:59:59Z", **scored(0.75, stars=4)},
            # Still October in UTC.
            {"stars": 2, "created_at": "2026-11-01T00:30:00+01:00"},
            {"stars": 4, "created_at": "2026-11-01T00:00:00Z", **scored(0.25, stars=4)},
            {"stars": 1, "created_at": "2026-11-02T00:00:00Z", **scored(0, stars=2)},
            {"stars": 3, "brand_slug": "zara"},
        ],
    )
    assert client.get(f"{LIST}/nike/summary").get_json() == {
        "brand": {"slug": "nike", "name": "Nike"},
        "review_count": 4,
        "average_stars": 3,
        "stars": {"1": 1, "2": 1, "3": 0, "4": 1, "5": 1},
        "labels": {"bad": 1, "average": 0, "good": 2},
        "corrected": 2,
        "months": [
            {"month": "2026-10", "review_count": 2, "average_stars": 3.5, "average_score": 0.75},
            {"month": "2026-11", "review_count": 2, "average_stars": 2.5, "average_score": 0.125},
        ],
    }


def test_a_brand_without_reviews_has_an_empty_summary(client: FlaskClient) -> None:
    summary = client.get(f"{LIST}/nike/summary").get_json()
    assert (summary["review_count"], summary["average_stars"], summary["months"]) == (0, None, [])
