from collections.abc import Iterator

import pytest
from opine_common.request_ids import end_request


@pytest.fixture(autouse=True)
def request_ended() -> Iterator[None]:
    """The ids of a test's request would stand in the next test's problems and log lines."""
    yield
    end_request()
