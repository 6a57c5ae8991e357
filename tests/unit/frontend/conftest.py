from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from opine_frontend.app import create_app
from opine_frontend.settings import Settings
from pydantic import HttpUrl, SecretStr


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    """The application, with nobody at the API's address: port 9 (discard) refuses."""
    settings = Settings(
        reviews_url=HttpUrl("http://127.0.0.1:9"),
        admin_password=SecretStr("open sesame"),
        admin_token=SecretStr("a token"),
        secret_key=SecretStr("k" * 32),
    )
    with create_app(settings).server.test_client() as test_client:
        yield test_client
