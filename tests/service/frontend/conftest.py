from collections.abc import Iterator

import pytest
from opine_local.ports import any_free

from tests.support.frontend import frontend


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web app under gunicorn, without a reviews API."""
    log = tmp_path_factory.mktemp("frontend") / "log"
    with frontend(f"http://127.0.0.1:{any_free()}", any_free(), log) as url:
        yield url
