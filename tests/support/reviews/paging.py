"""A list of the review API, page by page."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

DEFAULT_LIMIT = 20
MOST_PAGES = 100


def pages(client: FlaskClient, route: str, **query: object) -> Iterator[list[dict[str, Any]]]:
    """The items of each page; the next one is asked for when it is taken."""
    cursor: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        page = client.get(route, query_string=query | cursor)
        assert page.status_code == 200, page.text
        answer = page.get_json()
        assert len(answer["items"]) <= int(str(query.get("limit", DEFAULT_LIMIT)))
        yield answer["items"]
        if answer["next_cursor"] is None:
            return
        cursor = {"cursor": answer["next_cursor"]}
    pytest.fail("the pages do not end")
