"""First and last pages of `GET /api/v1/reviews`, with one review and with a million.

Usage: python services/reviews/bench/pagination.py [--rows 1000000] [--requests 300]

One client asks for pages of 20 over one kept connection. The last page is that of a cursor 50 rows from the end,
which the API's own codec writes. Starts and removes its own PostgreSQL; a million rows need about three minutes, and
3 GB in the temporary folder. Needs the packages opine-local and opine-reviews.
"""

import argparse
import http.client
import json
import statistics
import time
from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlencode

from fill import fill
from opine_local.ports import HOST
from opine_reviews.database import Database
from opine_reviews.listing import CursorCodec, list_reviews
from opine_reviews.schemas.requests import Query, ReviewListQuery, Sort
from sqlalchemy import text
from stack import Stack, machine, running_stack, table

FROM_THE_END = 50
WARM_UP = 30
SORT_KEYS: dict[Sort, str] = {
    "created_at": "created_at",
    "stars": "stars",
    "score": "coalesce(score, '-1'::double precision)",
    "brand": "brand_slug",
}


class CraftedCodec(CursorCodec):
    """Writes cursors of one given position, whatever the page."""

    def __init__(self, key: bytes, position: tuple[str | float, int]) -> None:
        super().__init__(key)
        self._position = position

    def encode(self, query: str, _key: str | float, _row_id: int) -> str:
        return super().encode(query, *self._position)


def main() -> None:
    options = read_options(__doc__)
    rows = []
    with running_stack() as stack:
        for count in (1, options.rows):
            started = time.monotonic()
            fill(stack.engine, count)
            print(f"filled {count:,} in {time.monotonic() - started:.0f} s", flush=True)
            for name, query in queries(*busiest_brand(stack)):
                first = measured(stack, "reviews", query, options.requests)
                deep = last_page(stack, query)
                last = ("", "") if deep is None else measured(stack, "reviews", deep, options.requests)
                rows.append([f"{count:,}", name, *first, *last])
        print(machine(stack))
    print(f"milliseconds, {options.requests} requests each\n")
    print(table(["reviews", "page of", "first: p50", "p99", "last: p50", "p99"], rows))


def read_options(description: str | None) -> argparse.Namespace:
    """Those of a benchmark of pages: `rows` and `requests`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=300, help="measured requests a page")
    return parser.parse_args()


def queries(brand: str, brand_count: int) -> Iterator[tuple[str, ReviewListQuery]]:
    for sort in get_args(Sort):
        yield f"all by {sort}", ReviewListQuery(sort=sort)
    for sort in get_args(Sort):
        yield f"a brand's {brand_count:,} by {sort}", ReviewListQuery(brand=brand, sort=sort)
    yield "5 stars by stars", ReviewListQuery(stars=5, sort="stars")
    # What is filtered for lies at the end of the order.
    yield "label good by score, ascending", ReviewListQuery(label="good", sort="score", order="asc")


def measured(stack: Stack, route: str, query: Query, requests: int) -> tuple[str, str]:
    """Median and 99th percentile in ms of a request, connection kept."""
    connection = http.client.HTTPConnection(HOST, stack.port, timeout=30)
    path = f"/api/v1/{route}?" + urlencode(query.model_dump(mode="json", exclude_none=True))
    times_ms = []
    for _ in range(WARM_UP + requests):
        started = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        times_ms.append((time.perf_counter() - started) * 1000)
        if answer.status != http.client.OK:
            raise RuntimeError(f"{answer.status} {json.loads(body)['detail']}")
    connection.close()
    percentiles = statistics.quantiles(times_ms[WARM_UP:], n=100)
    return f"{percentiles[49]:.1f}", f"{percentiles[98]:.1f}"


def last_page(stack: Stack, query: ReviewListQuery) -> ReviewListQuery | None:
    """The same query with a cursor near its end; None if one page has all."""
    key = SORT_KEYS[query.sort]
    # The end of an order is the beginning of the other one.
    way = "ASC" if query.order == "desc" else "DESC"
    statement = text(f"""
        SELECT {key}, id FROM review
        WHERE brand_slug = coalesce(:brand, brand_slug) AND stars = coalesce(:stars, stars)
              AND label = coalesce(:label, label)
        ORDER BY {key} {way}, id {way} LIMIT {FROM_THE_END}
    """)  # noqa: S608  constants
    with stack.engine.connect() as connection:
        found = connection.execute(statement, query.model_dump(include={"brand", "stars", "label"})).all()
    if not found:
        return None
    value, row_id = found[-1]
    position = (value.isoformat() if query.sort == "created_at" else value, row_id)
    codec = CraftedCodec(stack.settings.client_hash_key.get_secret_value().encode(), position)
    with Database(stack.settings).transaction() as session:
        _, cursor = list_reviews(session, codec, query, sort=query.sort, order=query.order, limit=1, cursor=None)
    return None if cursor is None else query.model_copy(update={"cursor": cursor})


def busiest_brand(stack: Stack) -> tuple[str, int]:
    statement = text("SELECT brand_slug, count(*) FROM review GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
    with stack.engine.connect() as connection:
        slug, count = connection.execute(statement).one()
    return slug, count


if __name__ == "__main__":
    main()
