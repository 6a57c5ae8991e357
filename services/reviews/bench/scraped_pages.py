"""First and last pages of `GET /api/v1/scraped-reviews` of a million.

Usage: python services/reviews/bench/scraped_pages.py [--rows 1000000] [--requests 300]

As pagination.py measures the reviews that are written here; two minutes and 3 GB in the temporary folder.
"""

import time

from fill import SENTENCES
from opine_reviews.database import Database
from opine_reviews.listing import list_scraped_reviews
from opine_reviews.schemas.requests import ScrapedReviewQuery
from pagination import FROM_THE_END, CraftedCodec, measured, read_options
from sqlalchemy import text
from stack import Stack, machine, running_stack, table

# A few sources and dates that are days, as the pages of 2019 have them.
_INSERT = """
    INSERT INTO scraped_review (brand_slug, source, source_review_id, text, title, stars, reviewed_at, source_url,
                                read_at, parser)
    SELECT slugs[1 + floor(power(random(), 3) * cardinality(slugs))::int],
           (ARRAY['trustpilot', 'trustpilot', 'trustpilot', 'another-site'])[1 + n % 4],
           n::text,
           (SELECT string_agg(sentences[1 + (n * 7 + part * (n % 17 + 1)) % cardinality(sentences)], ' ')
            FROM generate_series(1, 1 + n % 9) AS part),
           'Number ' || n, 1 + floor(random() * 5),
           date_trunc('day', now() - random() * interval '730 days'), 'https://www.example.com/x', now(), 'bench/1'
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n,
         (SELECT array_agg(slug ORDER BY slug) AS slugs FROM brand) AS known,
         (SELECT CAST(:sentences AS text[]) AS sentences) AS written
"""
_STATEMENT_ROWS = 100_000


def main() -> None:
    options = read_options(__doc__)
    rows = []
    with running_stack() as stack:
        fill(stack, options.rows)
        brand = busiest_brand(stack)
        for name, query in {
            "all": ScrapedReviewQuery(),
            "a brand's": ScrapedReviewQuery(brand=brand),
            "5 stars": ScrapedReviewQuery(stars=5),
            "a brand's 5 stars": ScrapedReviewQuery(brand=brand, stars=5),
            "of a source": ScrapedReviewQuery(source="another-site"),
            "5 stars of a source": ScrapedReviewQuery(source="another-site", stars=5),
            "a brand's of a source": ScrapedReviewQuery(source="another-site", brand=brand),
        }.items():
            first = measured(stack, "scraped-reviews", query, options.requests)
            last = measured(stack, "scraped-reviews", last_page(stack, query), options.requests)
            rows.append([name, *first, *last])
        print(machine(stack))
    print(table(["page of", "first: p50", "p99", "last: p50", "p99"], rows))


def fill(stack: Stack, rows: int) -> None:
    started = time.monotonic()
    for first in range(1, rows + 1, _STATEMENT_ROWS):
        values = {"first": first, "last": min(first + _STATEMENT_ROWS - 1, rows), "sentences": SENTENCES}
        with stack.engine.begin() as connection:
            connection.execute(text(_INSERT), values)
    with stack.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE scraped_review, scraped_count")
        sizes = text("SELECT pg_table_size('scraped_review') / 1e6, pg_indexes_size('scraped_review') / 1e6")
        data, indexes = connection.execute(sizes).one()
    print(
        f"filled {rows:,} in {time.monotonic() - started:.0f} s: {data:.0f} MB and {indexes:.0f} MB of indexes",
        flush=True,
    )


def busiest_brand(stack: Stack) -> str:
    counts = "SELECT brand_slug FROM scraped_review GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    with stack.engine.connect() as connection:
        return str(connection.scalar(text(counts)))


def last_page(stack: Stack, query: ScrapedReviewQuery) -> ScrapedReviewQuery:
    """The same query with a cursor near its end."""
    near_end = text(f"""
        SELECT reviewed_at, id FROM scraped_review
        WHERE brand_slug = coalesce(:brand, brand_slug) AND stars = coalesce(:stars, stars)
              AND source = coalesce(:source, source)
        ORDER BY reviewed_at, id OFFSET {FROM_THE_END} LIMIT 1
    """)  # noqa: S608  a constant
    with stack.engine.connect() as connection:
        reviewed_at, row_id = connection.execute(near_end, query.model_dump(include={"brand", "stars", "source"})).one()
    key = stack.settings.client_hash_key.get_secret_value().encode()
    codec = CraftedCodec(key, (reviewed_at.isoformat(), row_id))
    with Database(stack.settings).transaction() as session:
        _, cursor = list_scraped_reviews(session, codec, query, limit=1, cursor=None)
    return query.model_copy(update={"cursor": cursor})


if __name__ == "__main__":
    main()
