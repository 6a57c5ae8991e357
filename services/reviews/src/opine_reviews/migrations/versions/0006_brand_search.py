"""Brands found as people write them: without accents, punctuation and "and", and with one typo.

By functions and columns of our own, because the extensions for it (unaccent, pg_trgm) are not everywhere. Two words are
one typo apart if they become equal when a letter is left out of each, or of one: so the column holds each word of a
name with every letter left out in turn, and those of a search are looked for among them (symmetric deletes; Garbe,
"SymSpell"). No index: 10,000 names are read through in 30 ms. The functions' bodies are parsed here, so that a restored
dump needs no search path.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Character ranges rather than classes, which mean only ASCII where the database's locale is C. Combining marks and
# apostrophes go without a trace, all other punctuation separates words.
FOLD = r"""
CREATE FUNCTION brand_search_text(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH plain AS (
        SELECT replace(replace(replace(replace(
            translate(lower(normalize(name, NFKD)), 'ØøŁłĐđðıÆŒÞ', 'oolldddiæœþ'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') AS folded
    ), words AS (
        SELECT trim(regexp_replace(
            regexp_replace(folded, '[\u0300-\u036f''`\u00b4\u02bc\u2018\u2019]', '', 'g'),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2100-\u2bff'
            '\u2e00-\u2e7f\u3000-\u303f\ufe00-\ufe0f]+', ' ', 'g')) AS spaced
        FROM plain
    )
    SELECT coalesce(nullif(trim(regexp_replace(spaced, '(^| )and(?= |$)', '', 'g')), ''), spaced) FROM words;
END
"""

# A word itself and each with one letter left out; none of a short one, which too many others are next to.
TYPOS = """
CREATE FUNCTION brand_search_typos(word text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(left(word, place - 1) || substr(word, place + 1)), '{}')
    FROM generate_series(1, length(word) + 1) AS place
    WHERE length(word) BETWEEN 4 AND 40;
END
"""
KEYS = """
CREATE FUNCTION brand_search_keys(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT key), '{}')
    FROM unnest(string_to_array(brand_search_text(name), ' ') || replace(brand_search_text(name), ' ', '')) AS word,
         unnest(brand_search_typos(word)) AS key;
END
"""


def upgrade() -> None:
    for function in (FOLD, TYPOS, KEYS):
        op.execute(sa.text(function.replace(":", r"\:")))
    op.add_column("brand", sa.Column("search_text", sa.Text, sa.Computed("brand_search_text(name)", persisted=True)))
    op.add_column(
        "brand", sa.Column("search_keys", ARRAY(sa.Text), sa.Computed("brand_search_keys(name)", persisted=True))
    )


def downgrade() -> None:
    op.drop_column("brand", "search_keys")
    op.drop_column("brand", "search_text")
    op.execute("DROP FUNCTION brand_search_keys, brand_search_typos, brand_search_text")
