import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opine_local.ports import any_free

# So that these tests import `driving`.
sys.path.insert(0, str(Path(__file__).parents[2] / "browser" / "frontend"))

from driving.frontend_server import frontend


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web app under gunicorn, without a reviews API."""
    log = tmp_path_factory.mktemp("frontend") / "log"
    with frontend(f"http://127.0.0.1:{any_free()}", any_free(), log) as url:
        yield url
