"""A table of made-up reviews: ordinary lengths, few busy brands and many quiet ones, evenly over two years."""

from sqlalchemy import Connection, Engine, text

_STATEMENT_ROWS = 100_000

SENTENCES = [
    "The parcel came a day early and everything in it was well packed.",
    "I waited forty minutes on the phone and was then cut off.",
    "Good value for the money.",
    "The new version is slower than the old one, and half of the buttons have moved.",
    "Friendly people, and they knew what they were talking about.",
    "It broke after three weeks.",
    "My second one, and it will not be my last.",
    "They refunded the whole amount without any questions, which I had not expected.",
    "The size was wrong although I had measured twice.",
    "Nothing special, nothing wrong.",
    "Would I buy it again? Probably, if the price were a little lower.",
    "Nobody answered my letters, and the complaint form ends in an error.",
    "The quality has become worse over the years.",
    "We had the fish, which was cold, and the wine, which was excellent.",
    "Easy to set up, even for my father.",
    "The colour is not the one in the picture.",
    "Ten out of ten!",
    "An update deleted all my settings and support told me to be patient.",
    "Clean, quiet and on time.",
]

# Reviews come with time, so ids and times rise together. The cube makes one brand in 440 take an eighth of all. One
# person in five or so chooses other stars than are proposed. `n * 0` has the level drawn anew for each row.
_INSERT = """
    INSERT INTO review (brand_slug, text, stars, created_at, suggested_stars, score, label, model_name, model_version,
                        client_hash, user_agent_family, idempotency_key, request_fingerprint)
    SELECT slugs[1 + floor(power(random(), 3) * cardinality(slugs))::int],
           'Number ' || n || '. ' || (
               SELECT string_agg(sentences[1 + (n * 7 + part * (n % 17 + 1)) % cardinality(sentences)], ' ')
               FROM generate_series(1, 1 + n % 9) AS part
           ),
           CASE WHEN random() < 0.8 THEN 1 + level / 20 ELSE 1 + floor(random() * 5) END,
           now() - :age * (1 - n::double precision / :rows) * interval '1 day',
           1 + level / 20, level / 100.0, (ARRAY['bad', 'bad', 'average', 'good', 'good'])[1 + level / 20],
           'opine-charcnn', '1.0.0',
           sha256(n::text::bytea), 'Firefox', gen_random_uuid()::text, sha256((-n)::text::bytea)
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n,
         LATERAL (SELECT floor(random() * 100 + n * 0)::int AS level) AS made,
         (SELECT array_agg(slug ORDER BY slug) AS slugs FROM brand) AS known,
         (SELECT CAST(:sentences AS text[]) AS sentences) AS written
"""
_AGE_DAYS = 730


def fill(engine: Engine, rows: int) -> None:
    """Empty the table and put `rows` reviews into it; the counters are kept by the triggers as always."""
    with engine.begin() as connection:
        connection.execute(
            text("TRUNCATE review, review_reading, review_term, brand_term, brand_month RESTART IDENTITY")
        )
        trigram_index = _dropped_trigram_index(connection)
        for first in range(1, rows + 1, _STATEMENT_ROWS):
            last = min(first + _STATEMENT_ROWS - 1, rows)
            values = {"first": first, "last": last, "rows": rows, "age": _AGE_DAYS, "sentences": SENTENCES}
            connection.execute(text(_INSERT), values)
        if trigram_index is not None:
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
            connection.exec_driver_sql(trigram_index)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What autovacuum does within a minute, so that it does not begin in the midst of measuring.
        connection.exec_driver_sql("VACUUM ANALYZE review, brand_month")
        connection.exec_driver_sql("CHECKPOINT")


def _dropped_trigram_index(connection: Connection) -> str | None:
    """Drop it and give its definition: made at the end it takes a fraction of the time."""
    query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_review_text_trigram'"
    definition: str | None = connection.exec_driver_sql(query).scalar_one_or_none()
    if definition is not None:
        connection.exec_driver_sql("DROP INDEX ix_review_text_trigram")
    return definition
