"""The database's roles beside its owner. On a cluster an operator makes them; here the owner may."""

from opine_reviews.database import make_tool_engine
from opine_reviews.settings import Settings
from sqlalchemy import Connection, text

from opine_local.secrets_file import Secrets


def make_roles(settings: Settings, secrets: Secrets) -> None:
    """Make the roles of the scraping and of analyses, with the passwords kept here; their rights come by migrating."""
    engine = make_tool_engine(settings)
    with engine.begin() as connection:
        for role, password in (
            (settings.scraping_role, secrets.scraping_password),
            (settings.analysis_role, secrets.analysis_password),
        ):
            if role:
                _make(connection, role, password)
    engine.dispose()


def _make(connection: Connection, role: str, password: str) -> None:
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    do = "ALTER" if known else "CREATE"
    connection.execute(text(f"{do} ROLE {name} LOGIN PASSWORD :password"), {"password": password})
