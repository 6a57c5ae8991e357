from collections.abc import Iterator
from pathlib import Path

import pytest
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer

from tests.support.scraping.run import Program, serving


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(companies_per_sub_category=1, most_reviews=60, misbehaving=True)


@pytest.fixture
def server(catalogue: Catalogue) -> Iterator[DemoServer]:
    with serving(catalogue) as found:
        yield found


@pytest.fixture
def program(server: DemoServer, tmp_path: Path) -> Program:
    settings = {
        "SITE_URL": server.url,
        "STATE_DIR": str(tmp_path),
        "THROTTLE": "false",
        "WAIT_S": "0.1",
        "RETRIES": "1",
    }
    return Program(tmp_path, settings)
