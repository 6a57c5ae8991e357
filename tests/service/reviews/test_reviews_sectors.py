from flask.testing import FlaskClient
from opine_reviews.models import Brand
from sqlalchemy import Engine, delete, insert

from tests.support.reviews.rows import BRANDS


def test_every_sector_comes_once_by_name_with_its_brands(client: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Brand).values(slug="without", name="Without a sector"))
    names = [sector for _, _, sector in BRANDS]
    assert client.get("/api/v1/sectors").get_json() == {
        "items": [{"sector": name, "brand_count": names.count(name)} for name in sorted(set(names))]
    }


def test_without_brands_there_is_none(client: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(Brand))
    assert client.get("/api/v1/sectors").get_json() == {"items": []}
