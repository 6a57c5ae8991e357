"""What other roles may do in this database: exactly what is listed here.

Whoever runs PostgreSQL makes the roles, such as CloudNativePG's managed roles: the role that migrates may own the
tables and still not create roles. Rights are given again at every migration, so that a role may come later.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text

from opine_reviews.migration import migration_lock
from opine_reviews.models import Base

VIEW = "labelled_review"
REVISION = "alembic_version"

# Not the identity columns, nor what a review is known by. A brand is never changed: what a source says of it is in
# brand_source. Nothing is deleted, and the triggers that count run with their owner's rights.
SCRAPING = (
    ("SELECT (id, slug, domain)", "brand"),
    ("INSERT (slug, name, website, sector, origin)", "brand"),
    ("SELECT, INSERT", "brand_source"),
    ("UPDATE (brand_slug, name, website, logo, source_url, read_at, parser)", "brand_source"),
    ("SELECT, INSERT", "scraped_review"),
    ("UPDATE (brand_slug, text, title, stars, reviewed_at, language, country, verified, reply)", "scraped_review"),
    ("UPDATE (source_url, read_at, parser)", "scraped_review"),
    ("SELECT, INSERT", "scrape_run"),
    (
        "UPDATE (ended_at, outcome, exit_code, pages, items, new_items, changed_items, duplicates, rejected, errors)",
        "scrape_run",
    ),
)
ANALYSIS = (("SELECT", VIEW),)
# Of a review what is read and by whom it could be repeated; the sums of a brand are the triggers', whose owner counts.
# Drift is measured on what may be learned from, by sector.
READING = (
    ("SELECT (id, brand_slug, text, created_at, client_hash)", "review"),
    ("SELECT (review_id, brand_slug, written_on)", "review_reading"),
    ("INSERT (review_id, brand_slug, written_on, model_digest)", "review_reading"),
    ("SELECT (review_id, term)", "review_term"),
    ("INSERT (review_id, term, brand_slug, written_on, pull, repeated)", "review_term"),
    ("SELECT", VIEW),
    ("SELECT (slug, sector)", "brand"),
    ("SELECT, INSERT, UPDATE, DELETE", "drift_measurement"),
    ("SELECT", REVISION),
)


class RoleError(ValueError):
    """A role of the settings that must not be given these rights."""


def grant_roles(engine: Engine, *, scraping: str, analysis: str, reading: str) -> list[str]:
    """Give the roles that exist their rights and take all others; the names of those.

    Raises:
        RoleError: two are one, or one of them is the role that owns the tables, which would lose its own rights.
    """
    named = [role for role in (scraping, analysis, reading) if role]
    for role in named:
        if named.count(role) > 1:
            raise RoleError(f"the role {role} cannot be two of the scraping's, the analysis' and the reading's")
    granted = []
    with migration_lock(engine) as connection, connection.begin():
        for role, rights in ((scraping, SCRAPING), (analysis, ANALYSIS), (reading, READING)):
            if role and _exists(connection, role):
                _grant(connection, role, rights)
                granted.append(role)
    return granted


def _exists(connection: Connection, role: str) -> bool:
    if connection.scalar(text("SELECT current_user")) == role:
        raise RoleError(f"the role {role} owns the tables and cannot be restricted")
    found = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    return bool(found)


def _grant(connection: Connection, role: str, rights: Sequence[tuple[str, str]]) -> None:
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    tables = ", ".join([*Base.metadata.tables, VIEW, REVISION])
    connection.exec_driver_sql(f"REVOKE ALL ON {tables} FROM {name}")
    for right, table in rights:
        connection.exec_driver_sql(f"GRANT {right} ON {table} TO {name}")
