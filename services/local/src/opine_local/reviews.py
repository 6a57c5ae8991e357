"""`python -m opine_local.reviews`: the reviews API, after its roles, schema and brands are brought up to date.

All in one process, with gunicorn's arguments: importing SQLAlchemy a second time would take longer than the work.
"""

import sys

from gunicorn.app.wsgiapp import run
from opine_reviews import settings as reviews_settings
from opine_reviews.cli import main
from opine_reviews.database import make_tool_engine
from sqlalchemy import Connection, text

from opine_local.settings import Secrets, load_or_create_secrets, local_settings


def make_roles(settings: reviews_settings.Settings, secrets: Secrets) -> None:
    """Make the roles beside the owner's, with the passwords kept here; their rights come by migrating.

    On a cluster an operator makes them; here the database's owner may.
    """
    engine = make_tool_engine(settings)
    with engine.begin() as connection:
        for role, password in (
            (settings.scraping_role, secrets.scraping_password),
            (settings.analysis_role, secrets.analysis_password),
            (settings.reading_role, secrets.reading_password),
        ):
            if role:
                _make_role(connection, role, password)
    engine.dispose()


def _make_role(connection: Connection, role: str, password: str) -> None:
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    # PostgreSQL has no CREATE ROLE IF NOT EXISTS. An old role gets the password again: the secrets may be newer.
    verb = "ALTER" if known else "CREATE"
    connection.execute(text(f"{verb} ROLE {name} LOGIN PASSWORD :password"), {"password": password})


if __name__ == "__main__":
    make_roles(reviews_settings.get_settings(), load_or_create_secrets(local_settings().secrets_path))
    status = main(["migrate"]) or main(["seed-brands"])
    if status:
        sys.exit(status)
    run()
